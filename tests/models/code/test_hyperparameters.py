"""`hp` gives what KerasTuner's gives for the same calls, and knows what was asked for and where."""

import keras_tuner
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.code.hyperparameters import HyperParameters, Known, ParameterError
from spaces.domains import Categories, IntRange


def theirs() -> keras_tuner.HyperParameters:
    return keras_tuner.HyperParameters()


CALLS = {
    "a whole number": lambda hp: hp.Int("a", 3, 9),
    "steps that miss the end": lambda hp: hp.Int("a", 6, 13, step=3),
    "a default": lambda hp: hp.Int("a", 32, 512, step=32, default=128),
    "a geometric step": lambda hp: hp.Int("a", 2, 32, step=2, sampling="log"),
    "a geometric step from the other end": lambda hp: hp.Int("a", 2, 32, step=2, sampling="reverse_log"),
    "a logarithmic whole number": lambda hp: hp.Int("a", 2, 300, sampling="log"),
    "one value": lambda hp: hp.Int("a", 4, 4),
    "a number": lambda hp: hp.Float("a", 0, 1),
    "a step of a number": lambda hp: hp.Float("a", 0, 1, step=0.2),
    "a geometric step of a number": lambda hp: hp.Float("a", 0.001, 10, step=10, sampling="log"),
    "a logarithmic number": lambda hp: hp.Float("a", 1e-4, 1e-2, sampling="log", default=1e-3),
    "a number from the other end": lambda hp: hp.Float("a", 0.1, 0.9, sampling="reverse_log"),
    "words": lambda hp: hp.Choice("a", ["x", "y"]),
    "words with a default": lambda hp: hp.Choice("a", ["x", "y"], default="y"),
    "numbers to choose from": lambda hp: hp.Choice("a", [16, 32, 64]),
    "a switch": lambda hp: hp.Boolean("a"),
    "a switch that is on": lambda hp: hp.Boolean("a", default=True),
    "a fixed value": lambda hp: hp.Fixed("a", "x"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_gives_the_default_of_kerastuner(call) -> None:
    assert call(HyperParameters()) == call(theirs())


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_has_the_values_of_kerastuner(call) -> None:
    mine, other = HyperParameters(), theirs()
    call(mine), call(other)
    domain, asked = mine.space[0].domain, other.space[0]
    drawn = [asked.prob_to_value((i + 0.5) / 64) for i in range(64)]
    assert all(domain.contains(domain.snap(value)) for value in drawn)
    if domain.cardinality is not None and domain.cardinality <= 32:
        # theirs loses the end of a stepped range to rounding: 1.0 // 0.2 is 4
        assert {str(value) for value in domain.grid(None)[:-1]} <= {str(domain.snap(value)) for value in drawn}


@given(low=st.integers(1, 50), width=st.integers(0, 400), step=st.integers(1, 40))
def test_stepped_whole_numbers_are_those_of_kerastuner(low: int, width: int, step: int) -> None:
    mine, other = HyperParameters(), theirs()
    mine.Int("a", low, low + width, step=step)
    other.Int("a", low, low + width, step=step)
    assert list(mine.space[0].domain.grid(None)) == list(other.space[0].values)


@given(
    low=st.floats(1e-3, 10), factor=st.floats(1.5, 1e3), u=st.floats(0, 1),
    sampling=st.sampled_from(["linear", "log", "reverse_log"]),
)  # fmt: skip
def test_a_place_between_the_ends_means_the_number_that_kerastuner_means(low, factor, u, sampling) -> None:
    mine, other = HyperParameters(), theirs()
    mine.Float("a", low, low * factor, sampling=sampling)
    other.Float("a", low, low * factor, sampling=sampling)
    value = mine.space[0].domain.decode(u)
    assert value == pytest.approx(other.space[0].prob_to_value(u), rel=1e-6)
    assert mine.space[0].domain.encode(value) == pytest.approx(u, abs=1e-6)


def program(hp) -> list[object]:
    """Names, scopes and conditions in every form."""
    kind = hp.Choice("kind", ["mlp", "cnn"])
    told: list[object] = [kind]
    with hp.name_scope("block"):
        told.append(hp.Int("units", 8, 64, step=8))
        with hp.name_scope("inner"):
            told.append(hp.Boolean("bias"))
    with hp.conditional_scope("kind", ["cnn"]):
        told.append(hp.Int("filters", 4, 16))
        with hp.conditional_scope("filters", [5, 6]):
            told.append(hp.Float("rate", 0.1, 0.5))
    told.append(hp.Choice("pool", ["max", "mean"], parent_name="kind", parent_values="cnn"))
    told.append(hp.Int("depth", 1, 3, parent_name="kind", parent_values=["mlp"]))
    return told


@pytest.mark.parametrize("values", [{}, {"kind": "cnn"}, {"kind": "cnn", "filters": 5}, {"block/units": 16}])
def test_scopes_and_conditions_give_what_kerastuner_gives(values: dict[str, object]) -> None:
    other = theirs()
    other.values = dict(values)
    mine = HyperParameters(values)  # type: ignore[arg-type]
    assert program(mine) == program(other)
    assert mine.values == other.values
    assert [asked.name for asked in mine.space] == [asked.name for asked in other.space]
    for name in ("kind", "block/units", "filters", "nothing"):
        assert (name in mine) == (name in other)


def test_declared_conditions_become_conditions_of_the_space() -> None:
    hp = HyperParameters()
    program(hp)
    whens = {d.name: d.when.text if d.when else None for d in hp.dimensions}
    assert whens["block/units"] is None
    assert whens["filters"] == '`kind` in ["cnn"]'
    assert whens["rate"] == '`kind` in ["cnn"] and `filters` in [5, 6]'


def test_what_is_inactive_is_declared_and_not_used() -> None:
    hp = HyperParameters()
    program(hp)
    assert "filters" in {d.name for d in hp.dimensions}
    assert set(hp.used) == {"kind", "block/units", "block/inner/bias", "depth"}


def test_a_value_that_is_given_is_taken_and_the_others_are_drawn() -> None:
    hp = HyperParameters({"a": 5}, draw=lambda asked: 7)
    assert [hp.Int("a", 1, 9), hp.Int("b", 1, 9)] == [5, 7]


def test_get_tells_unknown_from_inactive() -> None:
    hp = HyperParameters()
    program(hp)
    assert hp.get("kind") == hp["kind"] == "mlp"
    with pytest.raises(ValueError, match="filters is currently inactive"):
        hp.get("filters")
    with pytest.raises(KeyError, match="nothing does not exist"):
        hp.get("nothing")


def test_one_name_with_two_ranges_is_told_with_both_places() -> None:
    hp = HyperParameters()
    hp.Int("units", 8, 64)
    with pytest.raises(ParameterError, match=r"test_hyperparameters\.py:\d+: `units` is .*\[8, 65\].* at test_hyper"):
        hp.Int("units", 8, 65)


def test_a_range_that_an_earlier_trial_had_otherwise_is_told_with_both_places() -> None:
    hp = HyperParameters(known={"units": Known(IntRange(1, 2), "models.py:7")})
    with pytest.raises(ParameterError, match=r"and {int: \[1, 2\]} at models\.py:7; give each range a name"):
        hp.Int("units", 8, 64)


def test_what_the_study_file_states_takes_the_place_of_what_the_code_says() -> None:
    hp = HyperParameters({"units": 100}, written=("units",))
    assert hp.Int("units", 8, 64) == 100
    assert hp.dimensions == ()


def test_a_default_beside_the_range_becomes_the_nearest_value() -> None:
    hp = HyperParameters()
    assert hp.Int("a", 32, 512, step=32, default=100) == 96
    assert hp.Float("b", 0.0, 1.0, default=3) == 1.0


def test_the_same_name_under_two_conditions_is_active_under_either() -> None:
    hp = HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    for kind in ("a", "b"):
        hp.Int("units", 1, 4, parent_name="kind", parent_values=kind)
    assert hp.dimensions[1].when is not None
    assert hp.dimensions[1].when.text == '(`kind` in ["a"]) or (`kind` in ["b"])'


def test_a_copy_keeps_the_values_and_learns_nothing_new() -> None:
    hp = HyperParameters()
    hp.Int("units", 8, 64, default=16)
    other = hp.copy()
    other.Int("more", 1, 2)
    assert other.Int("units", 8, 64) == 16
    assert [asked.name for asked in hp.space] == ["units"]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda hp: hp.Int("a", 1.5, 3), "`min_value` is 1.5; give a whole number"),
        (lambda hp: hp.Int("a", 5, 3), "min_value is 5 but max_value is 3; turn them round"),
        (lambda hp: hp.Int("a", 1, 9, step=0), "step is 0; give a step above 0"),
        (lambda hp: hp.Float("a", 0, 1, sampling="log"), "min_value is 0, which has no logarithm; begin above 0"),
        (lambda hp: hp.Float("a", 1, 9, sampling="logg"), "the sampling `logg` is not known; write one of linear"),
        (lambda hp: hp.Float("a", 1, 9, step=1, sampling="log"), "step is 1; give a step above 1"),
        (lambda hp: hp.Float("a", 1, 9, step=1.000001, sampling="log"), "which gives .* values; make it larger"),
        (lambda hp: hp.Float("a", "x", 9), "`min_value` is x; give a number"),
        (lambda hp: hp.Choice("a", []), "`values` is .*; give a list with at least one value"),
        (lambda hp: hp.Choice("a", [1, "x"]), "are not all of one kind; give only int, float, str or bool"),
        (lambda hp: hp.Choice("a", ["x"], ordered=True), "only numbers have an order; leave `ordered` out"),
        (lambda hp: hp.Choice("a", ["x", "y"], default="z"), "the default z is not in .*; give one of its values"),
        (lambda hp: hp.Int("a", 1, 9, default="z"), "the default z is not in .*; give one of its values"),
        (lambda hp: hp.Int("a", 1, 9, parent_name="b", parent_values=1), "parent `b`, which was not asked for before"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_is_told_with_its_place(call, text: str) -> None:
    with pytest.raises(ParameterError, match=rf"test_hyperparameters\.py:\d+: .*{text}"):
        call(HyperParameters())


def test_a_parameter_cannot_be_its_own_parent() -> None:
    hp = HyperParameters()
    hp.Int("a", 1, 3)
    with (
        pytest.raises(ParameterError, match="`a` is its own parent; give it another name"),
        hp.conditional_scope("a", 1),
    ):
        hp.Int("a", 1, 3)


def test_a_choice_has_an_order_only_where_it_means_something() -> None:
    hp = HyperParameters()
    hp.Choice("numbers", [1, 2])
    hp.Choice("unordered", [1, 2], ordered=False)
    hp.Choice("words", ["x", "y"])
    assert [asked.domain for asked in hp.space] == [
        Categories((1, 2), ordered=True),
        Categories((1, 2)),
        Categories(("x", "y")),
    ]
