"""The number of weights, told without a framework."""

import pytest

from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sizes import n_params


def rows(*shape: int, outputs: int = 3) -> Signature:
    return Signature("multiclass", shape, outputs, tuple(range(outputs)), ("y",), n_train=100)


IMAGES = rows(9, 7, 3)
WINDOWS = rows(9, 5)


def test_a_dense_network_by_hand() -> None:
    assert n_params(MlpSpec(layers=2, units=[5, 4]), rows(10)) == (10 * 5 + 5) + (5 * 4 + 4) + (4 * 3 + 3)


def test_a_cnn_on_a_table_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"a cnn takes images .* but a row has the shape"):
        n_params(CnnSpec(), rows(10))


def test_an_rnn_on_a_table_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"an rnn takes windows .* but a row has the shape"):
        n_params(RnnSpec(), rows(10))


def test_a_recurrent_network_by_hand() -> None:
    lstm = 4 * 6 * (5 + 6 + 1)
    assert n_params(RnnSpec(layers=1, units=6), WINDOWS) == lstm + (6 * 3 + 3)
    assert n_params(RnnSpec(layers=1, units=6, bidirectional=True), WINDOWS) == 2 * lstm + (12 * 3 + 3)


@pytest.mark.parametrize(
    ("model", "signature"),
    [
        (MlpSpec(layers=1, units=7), rows(10)),
        (MlpSpec(layers=3, units=[8, 8, 4], batch_norm=True, dropout=0.2), rows(8)),
        (MlpSpec(layers=3, units=[8, 8, 4], residual=True, regularizer="l2"), rows(8)),
        (MlpSpec(layers=2, units=[5, 6], residual=True, batch_norm=True), rows(4, 3)),
        (CnnSpec(blocks=3, filters=[4, 5, 6], convolutions=[1, 2, 1]), IMAGES),
        (CnnSpec(blocks=2, filters=4, convolution="separable", batch_norm=False, kernel=5, head=0), IMAGES),
        (CnnSpec(blocks=2, filters=4, convolution="separable", convolutions=2, pooling="average"), IMAGES),
        (CnnSpec(blocks=5, filters=4, pooling="none", regularizer="l1_l2", dropout=0.1), IMAGES),
        (
            CnnSpec(blocks=1, augmentation={"flip": True, "shift": 0.1, "rotation": 0.1, "zoom": 0.1}),
            IMAGES,
        ),
        (RnnSpec(layers=2, units=[6, 4], layer_norm=True, pooling="average"), WINDOWS),
        (RnnSpec(cell="gru", layers=2, units=[6, 4], bidirectional=True, layer_norm=True, head=7), WINDOWS),
    ],
)
def test_the_number_is_the_one_that_keras_counts(model: MlpSpec | CnnSpec | RnnSpec, signature: Signature) -> None:
    registry = pytest.importorskip("models.families.registry")
    module, _, name = registry.FAMILIES[model.family].partition(":")
    build = getattr(__import__(module, fromlist=[name]), name)
    assert n_params(model, signature) == build(model, signature).count_params()


def test_a_regression_needs_no_more_weights() -> None:
    mlp = pytest.importorskip("models.families.mlp")
    signature = Signature("regression", (4,), 2, (), ("a", "b"), 100, (0.0, 1.0), (1.0, 2.0))
    config = MlpSpec(layers=1, units=5)
    assert n_params(config, signature) == mlp.build(config, signature).count_params()
