import json
import math
from pathlib import Path

import pytest

from tracking.mlflow_address import address, why_not
from tracking.mlflow_names import (
    TAG_LENGTH,
    allowed,
    allowed_names,
    metric_names,
    number,
    param_text,
    quoted,
    tag_text,
)
from tracking.mlflow_page import PageFacts, SeenParameters, key_of, link, note, view_state


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("early_stopping.patience", "early_stopping.patience"),
        ("units[1]", "units_1_"),
        ("größe", "gr__e"),
        ("../secret", "_/secret"),
        ("", "_"),
        ("a" * 300, "a" * 250),
    ],
)
def test_a_name_keeps_only_what_mlflow_allows(name: str, expected: str) -> None:
    assert allowed(name) == expected


def test_different_names_stay_different() -> None:
    assert allowed_names(["a@b", "a#b", "a_b"]) == {"a@b": "a_b", "a#b": "a_b_2", "a_b": "a_b_3"}


def test_an_epoch_metric_does_not_take_the_name_of_an_own_one() -> None:
    assert metric_names(["objective", "loss"]) == {"objective": "objective_", "loss": "loss"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "none"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (1e-05, "1e-05"),
        (0.5, "0.5"),
        ("a b", "a b"),
    ],
)
def test_a_parameter_is_written_as_in_the_study_file(value: bool | int | float | str | None, expected: str) -> None:
    assert param_text(value) == expected


def test_a_long_tag_is_cut() -> None:
    assert len(tag_text("x" * 9000)) == TAG_LENGTH


def test_an_infinite_metric_is_not_a_number() -> None:
    assert math.isnan(number(math.inf))
    assert number(0.5) == 0.5


@pytest.mark.parametrize(("text", "expected"), [("a", "'a'"), ("it's", '"it\'s"'), ("'\"", '"\'_"')])
def test_a_quote_in_a_filter_does_not_end_the_text(text: str, expected: str) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    "uri", ["sqlite:///mlflow.db", "http://host:5000", "https://u:p@host/x", "postgresql+psycopg://u@h/db"]
)
def test_stores_that_mlflow_knows_are_taken(uri: str) -> None:
    assert why_not(uri) is None


@pytest.mark.parametrize("uri", ["", "mlruns", "./mlruns", "file:///mlruns", "sqlite://", "http://", "C:\\x"])
def test_what_is_no_store_is_refused_with_what_to_write(uri: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no MLflow store; write `sqlite:///mlflow\.db`"):
        address(uri, working_directory=tmp_path)


def test_a_relative_file_is_in_the_working_directory(tmp_path: Path) -> None:
    place = address("sqlite:///mlflow.db", working_directory=tmp_path)
    assert place.file == tmp_path / "mlflow.db"
    assert place.uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert place.command == "mlflow ui"


def test_a_folder_with_a_percent_sign_is_left_out_of_the_uri() -> None:
    place = address("sqlite:///mlflow.db", working_directory=Path("/ci/feature%2Fa"))
    assert place.uri == "sqlite:///mlflow.db"
    assert place.file == Path("/ci/feature%2Fa/mlflow.db")


def test_another_file_is_named_in_the_command_that_shows_it(tmp_path: Path) -> None:
    place = address("sqlite:////data/all.db", working_directory=tmp_path)
    assert place.command == "mlflow ui --backend-store-uri sqlite:////data/all.db"


def test_a_server_shows_its_own_pages_and_no_password(tmp_path: Path) -> None:
    place = address("https://me:secret@tracking.example/ml/", working_directory=tmp_path)
    assert place.pages == "https://tracking.example/ml"
    assert place.command is None
    assert "secret" not in str(place)


def _facts(**changes: object) -> PageFacts:
    facts = {
        "parent_run": "ab12",
        "parameters": ("learning_rate", "optimizer", "momentum"),
        "common": ("learning_rate", "optimizer"),
        "numeric": ("learning_rate", "momentum"),
        "curve": "val_accuracy",
        "ascending": False,
    }
    return PageFacts(**{**facts, **changes})  # type: ignore[arg-type]


def test_the_page_sorts_the_trials_of_its_study_by_objective() -> None:
    state = json.loads(view_state(_facts(ascending=True)))
    assert state["searchFilter"] == "tags.`mlflow.parentRunId` = 'ab12'"
    assert (state["orderByKey"], state["orderByAsc"]) == ("metrics.`objective`", True)
    assert "params.`momentum`" in state["selectedColumns"]
    assert state["columnOrder"][:3] == ["attributes.`Run Name`", "runDateAndNestInfo", "metrics.`objective`"]


def test_only_parameters_of_every_trial_are_axes_of_the_parallel_coordinates() -> None:
    charts = json.loads(view_state(_facts()))["compareRunCharts"]
    assert [chart["type"] for chart in charts] == ["PARALLEL", "SCATTER", "SCATTER", "LINE"]
    assert charts[0]["selectedParams"] == ["learning_rate", "optimizer"]
    assert charts[1]["xaxis"] == {"key": "learning_rate", "type": "PARAM"}
    assert charts[3]["metricKey"] == "val_accuracy"


def test_a_study_of_many_long_parameters_still_fits_into_a_tag() -> None:
    many = tuple(f"a_rather_long_name.of_a_parameter.{'x' * 150}.{place}" for place in range(60))
    text = view_state(_facts(parameters=many, common=many[:4], numeric=many[:2]))
    assert len(text) <= TAG_LENGTH
    assert json.loads(text)["orderByKey"]


def test_parameters_are_ranked_by_importance_then_by_how_common_they_are() -> None:
    seen = SeenParameters(("momentum", "optimizer", "learning_rate"))
    seen.add({"optimizer": "adam", "learning_rate": "0.1"})
    seen.add({"optimizer": "sgd", "learning_rate": "0.2", "momentum": "0.9"})
    assert seen.common() == ("optimizer", "learning_rate")
    assert seen.numeric() == ("momentum", "learning_rate")
    assert seen.ranked({}) == ("optimizer", "learning_rate", "momentum")
    assert seen.ranked({"learning_rate": 0.9}) == ("learning_rate", "optimizer", "momentum")


def test_studies_have_pages_of_their_own() -> None:
    assert key_of("a") != key_of("b")
    assert link("http://127.0.0.1:5000", "3", "search-1") == (
        "http://127.0.0.1:5000/#/experiments/3/runs?workflowType=machine_learning&viewStateShareKey=search-1"
    )


def test_the_description_names_the_study_and_its_goal() -> None:
    text = note("digits", (("val_loss", "min"),), {"sampler": "tpe", "uuid": "hidden"})
    assert "**digits**, lowest `val_loss`" in text
    assert "- sampler: tpe" in text
    assert "hidden" not in text
