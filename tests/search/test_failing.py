"""When failures end a study: alike ones in a row, or one by which the program says so."""

import keras_tuner
import pytest

from search.failing import is_no_configuration, why_ended


def test_three_alike_in_a_row_end_a_study() -> None:
    assert why_ended(["ValueError: a"] * 3) == "3 trials in a row failed alike: ValueError: a"
    assert why_ended(["ValueError: b", *["ValueError: a"] * 3]) is not None


@pytest.mark.parametrize(
    "failures", [[], ["ValueError: a"] * 2, ["ValueError: 1201 params", "ValueError: 1231 params", "ValueError: 1501"]]
)
def test_others_do_not(failures: list[str]) -> None:
    assert why_ended(failures) is None


@pytest.mark.parametrize("name", ["FatalError", "FatalValueError", "FatalTypeError", "FatalRuntimeError"])
def test_an_error_of_kerastuner_that_ends_its_search_ends_a_study(name: str) -> None:
    assert issubclass(getattr(keras_tuner.errors, name), keras_tuner.errors.FatalError)
    assert why_ended([f"{name}: too large"]) == f"the code ends the search: {name}: too large"


@pytest.mark.parametrize("name", ["UserCodeError", "NoObjectiveError"])
def test_code_that_cannot_be_loaded_ends_a_study_at_once(name: str) -> None:
    assert why_ended([f"{name}: `own.py` raised a: b"]) == "no trial can run: `own.py` raised a: b"


def test_an_error_of_kerastuner_marks_a_configuration() -> None:
    assert is_no_configuration(keras_tuner.errors.FailedTrialError("too large"))
    assert not is_no_configuration(keras_tuner.errors.FatalError("too large"))
    assert not is_no_configuration(ValueError("too large"))
