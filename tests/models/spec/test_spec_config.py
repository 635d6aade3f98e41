"""Concrete configurations."""

import json
import pickle

import pytest

from models.config import Config
from models.spec.cnn import CnnSpec
from models.spec.data import DataSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sections import knobs_of
from models.spec.training import TrainingSpec

DATA = DataSpec(source="rows.csv", labels={"<=50K.": "<=50K"}, missing=["?"], scaling="robust")


@pytest.mark.parametrize(
    "model",
    [
        MlpSpec(layers=3, units=[64, 32, 16], dropout=0.1),
        CnnSpec(blocks=2, augmentation={"flip": True}),
        RnnSpec(layers=2, units=[8, 4], cell="gru"),
    ],
)
def test_a_configuration_survives_json(model: MlpSpec | CnnSpec | RnnSpec) -> None:
    config = Config(DATA, model, TrainingSpec(early_stopping={"patience": 3}, metrics=["auc"]))
    assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_configuration_can_be_sent_to_a_worker() -> None:
    config = Config(DATA, MlpSpec(), TrainingSpec())
    assert pickle.loads(pickle.dumps(config)) == config


def test_counted_knobs_are_tuples_with_a_value_for_each_layer() -> None:
    assert MlpSpec(layers=3, units=8).units == (8, 8, 8)
    assert MlpSpec(layers=3).dropout == (0.0, 0.0, 0.0)
    assert CnnSpec(blocks=2).filters == (32, 32)
    assert CnnSpec(blocks=2).convolutions == (1, 1)


def test_a_configuration_holds_no_spaces() -> None:
    with pytest.raises(ValueError, match="layers still varies"):
        Config(DATA, MlpSpec(layers={"int": [1, 2]}), TrainingSpec())


def test_no_two_sections_share_the_name_of_a_knob() -> None:
    for model in (MlpSpec, CnnSpec, RnnSpec):
        names = [place.name for spec in (DataSpec, model, TrainingSpec) for place in knobs_of(spec)]
        assert len(names) == len(set(names))


def test_values_are_given_by_the_names_of_knobs() -> None:
    values = Config(DATA, MlpSpec(), TrainingSpec(early_stopping={"patience": 3})).values()
    assert values["scaling"] == "robust"
    assert values["units"] == (64, 64)
    assert values["early_stopping.patience"] == 3
    assert "reduce_lr.factor" not in values
