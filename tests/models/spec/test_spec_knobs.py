"""What a knob takes, and what it says about anything else."""

from typing import Any

import pytest

from models.spec.faults import RefusedError
from models.spec.knobs import BoolKnob, ChoiceKnob, FloatKnob, IntKnob, Knob
from models.spec.varied import Varied
from spaces.domains import Categories, FloatRange, IntRange

INT = IntKnob("", low=1, high=100)
FLOAT = FloatKnob("", low=0, high=1, open_high=True)
CHOICE = ChoiceKnob("", choices=("none", "relu", "tanh"))
NUMBERS = ChoiceKnob("", choices=(1, 3, 5))
BOOL = BoolKnob("")
PER = IntKnob("", low=1, high=100, per="layers")


def read(knob: Knob, value: Any, **earlier: Any) -> Any:
    return knob.read(value, earlier)


@pytest.mark.parametrize(
    ("knob", "value", "kept"),
    [
        (INT, 7, 7),
        (FLOAT, 0.5, 0.5),
        (FLOAT, 0, 0.0),
        (CHOICE, "relu", "relu"),
        (CHOICE, None, "none"),
        (NUMBERS, 3, 3),
        (BOOL, False, False),
    ],
)
def test_a_knob_keeps_a_value_of_its_domain(knob: Knob, value: Any, kept: Any) -> None:
    assert read(knob, value) == kept
    assert type(read(knob, value)) is type(kept)


@pytest.mark.parametrize(
    ("knob", "written", "domain"),
    [
        (INT, {"int": [1, 4]}, IntRange(1, 4)),
        (INT, {"int": [16, 64], "log": True}, IntRange(16, 64, log=True)),
        (INT, {"int": [10, 100], "step": 10}, IntRange(10, 100, step=10)),
        (INT, {"choice": [16, 32]}, Categories((16, 32))),
        (FLOAT, {"float": [0, 0.5], "step": 0.1}, FloatRange(0.0, 0.5, step=0.1)),
        (FLOAT, {"float": [1e-4, 1e-1], "log": True}, FloatRange(1e-4, 1e-1, log=True)),
        (FloatKnob("", low=0, high=10), {"int": [1, 5]}, IntRange(1, 5)),
        (CHOICE, {"choice": [None, "tanh"]}, Categories(("none", "tanh"))),
        (NUMBERS, {"choice": [3, 5], "ordered": True}, Categories((3, 5), ordered=True)),
        (BOOL, {"choice": [True, False]}, Categories((True, False))),
    ],
)
def test_a_space_in_the_place_of_a_value_becomes_a_domain(knob: Knob, written: Any, domain: Any) -> None:
    assert read(knob, written) == Varied(domain)


@pytest.mark.parametrize(
    ("knob", "value", "message"),
    [
        (INT, 0, "0 is out of range; write a whole number from 1 to 100"),
        (INT, 1.5, "1.5 is not a whole number"),
        (INT, True, "true is not a whole number"),
        (INT, "7", '"7" is not a whole number'),
        (INT, None, r"nothing \(null\) is not a whole number"),
        (INT, [1, 2], r"\[1, 2\] is not a whole number"),
        (FLOAT, 1, "1 is out of range; write a number from 0 to below 1"),
        (FLOAT, float("inf"), "inf is not a number"),
        (FLOAT, float("nan"), "nan is not a number"),
        (CHOICE, "relo", "relo is not one of them; did you mean `relu`"),
        (NUMBERS, 2, "2 is not one of them; known are 1, 3, 5"),
        (NUMBERS, True, "true is not one of them"),
        (BOOL, 1, "1 is neither true nor false; write true or false"),
        (BOOL, "yes", "yes is neither true nor false"),
        (INT, {}, "neither a value nor a space"),
        (INT, {"itn": [1, 4]}, "unknown key `itn`; did you mean `int`"),
        (INT, {"float": [1, 4]}, "takes no `float` space; write `int: "),
        (CHOICE, {"int": [1, 4]}, "this knob takes no `int` space; write `choice: "),
        (INT, {"int": [1, 4], "choice": [1, 2]}, "both `int` and `choice` are given"),
        (INT, {"int": [4, 1]}, "low is 4 but high is 1; make low smaller than high"),
        (INT, {"int": [4, 4]}, "the range holds the one value 4; write 4 in place of the space"),
        (INT, {"int": [4]}, r"\[4\] is not a pair of numbers; write `int: \[low, high\]`"),
        (INT, {"int": 4}, "4 is not a pair of numbers"),
        (INT, {"int": [1, 4.5]}, "4.5 is not a whole number"),
        (INT, {"int": [1, 400]}, "400 is out of range"),
        (FLOAT, {"float": [0, 1.5]}, "1.5 is out of range; write a number from 0 to below 1"),
        (FLOAT, {"float": ["a", 0.5]}, "a is not a number"),
        (FLOAT, {"float": [0, 0.5], "log": True}, "log scale needs numbers above zero, but low is 0"),
        (FLOAT, {"float": [0, 0.5], "log": "yes"}, "yes is neither true nor false; write `log: true`"),
        (FLOAT, {"float": [0, 0.5], "step": 0}, "0 is not a number above zero"),
        (FLOAT, {"float": [0, 0.5], "step": 1e-300}, "gives too many values"),
        (FLOAT, {"float": [0, 0.5], "step": 0.6}, "one step of 0.6 from 0 is already past 0.5"),
        (FLOAT, {"float": [0, 0.55], "step": 0.1}, "do not reach 0.55; make high 0.5 or 0.6"),
        (FLOAT, {"float": [0.1, 0.5], "step": 0.1, "log": True}, "either `log` or `step`"),
        (INT, {"int": [1, 4], "step": 1.5}, "1.5 is not a whole number above zero"),
        (INT, {"int": [1, 4], "ordered": True}, "`ordered` has no meaning for `int`; leave it out"),
        (CHOICE, {"choice": ["relu", "tanh"], "log": True}, "`log` has no meaning for `choice`"),
        (CHOICE, {"choice": ["relu", "tanh"], "ordered": 1}, "1 is neither true nor false"),
        (CHOICE, {"choice": []}, "the choice is empty"),
        (CHOICE, {"choice": ["relu"]}, "the choice holds the one value relu"),
        (CHOICE, {"choice": ["relu", "relu"]}, "relu stands twice in the choice; leave one out"),
        (CHOICE, {"choice": "relu"}, r"relu is not a list; write `choice: \[a, b\]`"),
        (CHOICE, {"choice": ["relu", "tan"]}, "tan is not one of them; did you mean `tanh`"),
        (INT, {"choice": list(range(1, 101)) * 11}, "1100 values are too many"),
        (INT, {"int": [1, 4], "default": 5}, r"5 is outside \{int: \[1, 4\]\}"),
        (INT, {"int": [10, 30], "step": 10, "default": 15}, "15 is outside"),
        (INT, {"int": [1, 4], "default": "a"}, "a is not a whole number"),
        (INT, {"int": [1, 4], "when": 3}, "3 is not a condition"),
        (INT, {"int": [1, 4], "when": {}}, "is not a condition"),
        (INT, {"int": [1, 4], "when": {"optimizer": []}}, "is not a value or a list of values"),
        (
            INT,
            {"int": [1, 4], "per": "layers"},
            "this knob has one value for the whole model; leave `per` out",
        ),
        (
            PER,
            {"int": [1, 4], "per": "blocks"},
            "blocks does not count the values of this knob; write `per: layers`",
        ),
    ],
)
def test_a_knob_refuses_what_it_does_not_take(knob: Knob, value: Any, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read(knob, value)


def test_a_space_tells_all_its_faults_with_their_places() -> None:
    with pytest.raises(RefusedError) as caught:
        read(FLOAT, {"float": [0, 2], "log": True, "lgo": 1, "per": "layers", "default": 0.1})
    assert [fault.below for fault in caught.value.faults] == [("lgo",), ("float", 1), ("per",)]


def test_a_default_and_a_condition_are_kept() -> None:
    varied = read(FLOAT, {"float": [0, 0.5], "default": 0, "when": {"optimizer": ["sgd", "rmsprop"], "layers": 2}})
    assert varied.default == 0.0
    assert varied.has_default
    assert varied.when == "optimizer in ['sgd', 'rmsprop'] and layers == 2"


def test_one_value_stands_for_every_layer() -> None:
    assert read(PER, 32, layers=3) == (32, 32, 32)


def test_a_list_gives_each_layer_its_value() -> None:
    assert read(PER, [32, 16], layers=2) == (32, 16)


@pytest.mark.parametrize(
    ("value", "layers", "message"),
    [
        ([32, 16], 3, "2 values are listed, but layers is 3; list 3 values, or write one value for all"),
        ([32], 2, "1 values are listed, but layers is 2"),
        ([32, 16], Varied(IntRange(1, 4)), "2 values are listed, but layers varies"),
        ([32, 0], 2, "0 is out of range"),
    ],
)
def test_a_list_of_another_length_is_refused(value: Any, layers: Any, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read(PER, value, layers=layers)


def test_while_the_count_varies_one_value_is_kept_alone() -> None:
    assert read(PER, 32, layers=Varied(IntRange(1, 4))) == (32,)


@pytest.mark.parametrize(
    "written",
    [
        {"int": [1, 4]},
        {"int": [10, 90], "step": 10, "per": "layers", "when": "layers > 1", "default": 20},
        {"int": [1, 64], "log": True},
        {"choice": [1, 2], "ordered": True},
    ],
)
def test_a_space_is_written_as_it_was_read(written: Any) -> None:
    assert PER.plain(read(PER, written)) == written
