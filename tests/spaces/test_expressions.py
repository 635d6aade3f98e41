"""The language of conditions and limits."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.expressions import EvaluationError, ExpressionError, parse
from spaces.problems import Value
from spaces.values import spell

VALUES: dict[str, Value | tuple[Value, ...]] = {
    "layers": 3,
    "blocks": 3,
    "units": (64, 128),
    "units.1": 64,
    "units.2": 128,
    "optimizer": "sgd",
    "regularizer": "l1",
    "l1": 0.01,
    "residual": True,
    "early_stopping.patience": 5,
}
NAMES = {*VALUES, "momentum"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 3 - 2", 5),
        ("7 // 2 + 7 % 4 + 1 / 2", 6.5),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("+layers - -1", 4),
        ("2e6 + .5", 2000000.5),
        ("layers * max(units)", 384),
        ("min(units, 3) + sum(units) + len(units)", 197),
        ("abs(-2) + sqrt(9) + log10(1000)", 8.0),
        ("units", (64, 128)),
        ("'two words'", "two words"),
        ("true", True),
        ("null", None),
    ],
)
def test_arithmetic_has_its_usual_value(text: str, value: object) -> None:
    assert parse(text, names=NAMES).evaluate(VALUES) == value


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("layers <= 3", True),
        ("1 < layers < 3", False),
        ("early_stopping.patience > 4", True),
        ("units.2 > 64 and not layers == 2", True),
        ("layers == 2 or residual", True),
        ("not residual or layers > 5", False),
        ("optimizer == sgd", True),
        ("sgd == optimizer", True),
        ('optimizer != "sgd"', False),
        ("optimizer in [adam, sgd]", True),
        ("optimizer not in [adam, sgd]", False),
        ("64 in units", True),
        ("layers in [1, 2 + 1, -4]", True),
        ("layers == 3.0", True),
        ("residual == 1", False),
        ("residual == true", True),
        ("residual in [true]", True),
        ("optimizer == null", False),
        ("units == [64, 128]", True),
        ("units == [64]", False),
        ("units.1 == units.2", False),
        ("layers == (blocks)", True),
        ("layers + 0 == blocks", True),
    ],
)
def test_conditions_hold_or_do_not(text: str, truth: bool) -> None:
    expression = parse(text, names=NAMES)
    assert expression.is_condition
    assert expression.holds(VALUES) is truth


def test_a_category_named_like_a_parameter_is_a_category_to_the_right() -> None:
    assert parse("regularizer == l1", names=NAMES).names == {"regularizer"}
    assert parse("regularizer in [l1, l1_l2]", names=NAMES).names == {"regularizer"}
    assert parse("regularizer == l1", names=NAMES).holds(VALUES)


def test_without_known_names_a_word_to_the_right_is_a_category() -> None:
    expression = parse("optimizer in [adam, sgd] and layers > low and kind == big")
    assert expression.names == {"optimizer", "layers", "low", "kind"}


def test_names_are_those_of_parameters_only() -> None:
    assert parse("layers * max(units) <= 2e3", names=NAMES).names == {"layers", "units"}


def test_the_constants_that_a_parameter_is_compared_to_are_known() -> None:
    expression = parse("optimizer in [adam, sgd] and (not 3 < layers or max(layers == 4, 1) > 0)", names=NAMES)
    assert expression.constants_of("optimizer") == ("adam", "sgd")
    assert set(expression.constants_of("layers")) == {3, 4}
    assert expression.constants_of("units") == ()


@pytest.mark.parametrize("text", ["layers - 1", "3", "sqrt(layers)", "-layers", "[1, 2] "])
def test_a_number_or_list_is_no_condition(text: str) -> None:
    assert not parse(text, names=NAMES).is_condition


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("momentum > 0.5", None),
        ("not momentum > 0.5", None),
        ("momentum > 0.5 or residual", True),
        ("residual or momentum > 0.5", True),
        ("momentum > 0.5 and not residual", False),
        ("momentum > 0.5 and residual", None),
        ("max(momentum, 1) + -momentum < 3", None),
        ("momentum in [1, momentum]", None),
        ("1 < momentum < 2 > 3", False),
    ],
)
def test_a_name_without_a_value_leaves_undecided_what_hangs_on_it(text: str, truth: bool | None) -> None:
    assert parse(text, names=NAMES).holds(VALUES) is truth


@pytest.mark.parametrize(
    ("text", "expected", "offset"),
    [
        ("", "the expression is empty; write a comparison such as `layers <= 3`", 0),
        ("layers = 3", "`=` means nothing here; write `==` to compare", 7),
        ("residual && true", "`&` means nothing here; write `and`", 9),
        ("optimizer == 'sgd", "`'` means nothing here; close the quotes", 13),
        ("layers @ 3", "`@` means nothing here; use names, numbers, comparisons", 7),
        ("layers > 3x", "`3` runs into `x`; put a sign between them", 9),
        ("layers >", "the expression ends too soon; expected a name, a number or `\\(`", 8),
        ("max(layers", "the expression ends too soon; expected `\\)`", 10),
        ("layers 3", "`3` cannot stand here; expected a comparison, `and`, `or` or the end", 7),
        ("layers == in", "`in` cannot stand here; .*; a name that is read as a word needs quotes", 10),
        ("layer > 3", "`layer` is no parameter; did you mean `layers`\\? known are blocks, early", 0),
        ("optimzer == sgd", "`optimzer` is no parameter; did you mean `optimizer`", 0),
        ("layers > sgd", "`sgd` is no parameter", 9),
        ("layers + 1 == sgd", "`sgd` is no parameter", 14),
        ("layers.__class__ == x", "`layers.__class__` is no parameter", 0),
        ("eval('1') == 1", "`eval` is no function; known are abs, len, log10, max, min, sqrt, sum", 0),
        ("sqrt(1, 2) > 1", "`sqrt` takes one argument, not 2; write sqrt\\(name\\)", 0),
        ("1e999 > layers", "1e999 is too large a number; write a smaller one", 0),
        ("(" * 30 + "1" + ")" * 30, "more than 20 levels of nesting; write it flatter", 21),
        ("not " * 30 + "residual", "more than 20 levels of nesting", None),
        ("-" * 30 + "1 > 0", "more than 20 levels of nesting", None),
        ("2**" * 30 + "1 > 0", "more than 20 levels of nesting", None),
        ("1 < " * 200 + "2", "an expression of 801 characters is too long; keep it within 500", 500),
    ],
)
def test_a_text_that_is_no_expression_is_told_with_its_place(text: str, expected: str, offset: int | None) -> None:
    with pytest.raises(ExpressionError, match=expected) as caught:
        parse(text, names=NAMES)
    assert offset is None or caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9**9**9 > 1", r"9 \*\* 387420489 is too large a number"),
        ("2.0 ** 1e6 > 1", r"2 \*\* 1000000 is too large a number"),
        ("((2**1000)**1000) > 1", "too large a number"),
        ("(-8) ** 0.5 > 1", r"-8 \*\* 0.5 is no number"),
        ("1e308 * 10 - 1e308 * 10 > 1", "inf - inf is no number"),
        ("layers / (layers - 3) > 1", "3 / 0 divides by zero"),
        ("layers % 0 > 1", "3 % 0 divides by zero"),
        ("'a' * 1000 == layers", "`\\*` needs a number, and a is none"),
        ("residual + 1 > 1", "`\\+` needs a number, and true is none"),
        ("optimizer > 3", "`>` needs a number, and sgd is none"),
        (
            "units <= 512",
            r"`<=` needs one number, not the list \[64, 128\]; take max\(...\) or min\(...\) of it",
        ),
        ("layers and residual", "`and`, `or`, `not` need true or false, and 3 is neither"),
        ("not optimizer", "`and`, `or`, `not` need true or false, and sgd is neither"),
        ("3 in layers", "`in` needs a list to its right, and 3 is none"),
        ("64 in [(units)]", r"a list within a list: \[64, 128\]"),
        ("len(layers) > 1", r"len\(3\): len needs a parameter that is given per layer"),
        ("sqrt(units) > 1", r"sqrt\(\[64, 128\]\): sqrt takes one number, not a list"),
        ("sqrt(-1) > 1", r"sqrt\(-1\) has no value"),
        ("log10(0) > 1", r"log10\(0\) has no value"),
        ("layers", "`layers` is 3, neither true nor false"),
    ],
)
def test_an_expression_without_a_value_says_why(text: str, expected: str) -> None:
    with pytest.raises(EvaluationError, match=expected):
        parse(text, names=NAMES).holds(VALUES)


def test_functions_of_nothing_and_of_nan_have_no_value() -> None:
    with pytest.raises(EvaluationError, match="max of nothing has no value"):
        parse("max(units)").evaluate({"units": ()})
    with pytest.raises(EvaluationError, match="`>` needs a number, and one value is NaN"):
        parse("x > 1").holds({"x": float("nan")})


def test_a_needed_name_without_a_value_is_told() -> None:
    with pytest.raises(EvaluationError, match="`layers \\+ momentum` needs momentum, which has no value here"):
        parse("layers + momentum", names=NAMES).evaluate(VALUES)


def test_a_long_sum_is_not_a_deep_tree() -> None:
    assert parse("+".join(["1"] * 250)).evaluate({}) == 250


def test_a_value_of_several_hundred_digits_can_still_be_told() -> None:
    value = parse("2**500 * 2**500 * 2**500").evaluate({})
    assert spell(value) == "a number of several hundred digits"


def test_expressions_are_equal_by_text_and_travel_between_processes() -> None:
    expression = parse("layers > 2", names=NAMES)
    assert pickle.loads(pickle.dumps(expression)) == expression
    assert pickle.loads(pickle.dumps(expression)).holds(VALUES)


NAMED = ["layers", "units", "units.2", "optimizer", "sgd", "true", "null", "1", "2.5", "9", "'q'", ".", "@"]
SIGNS = [
    "(",
    ")",
    "[",
    "]",
    ",",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "<",
    "==",
    "!=",
    "=",
    "max",
    "len",
    "sqrt",
]
WORDS = st.sampled_from([*NAMED, *SIGNS, "in", "not", "and", "or"])


def answers(text: str) -> bool:
    """Whether `text` has a value, or else an error with a sentence."""
    try:
        parse(text, names=NAMES).evaluate(VALUES)
    except (ExpressionError, EvaluationError) as error:
        return bool(str(error))
    return True


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_words_have_a_value_or_a_sentence(text: str) -> None:
    assert answers(text)


@given(st.text(alphabet="ab1.9e+-*/()[]<=!'\"_,é²\u0660\x00 \n", max_size=60))
def test_any_characters_have_a_value_or_a_sentence(text: str) -> None:
    assert answers(text)
