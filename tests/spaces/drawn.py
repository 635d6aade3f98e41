"""Domains and spaces drawn by hypothesis, with conditions on what comes before."""

from hypothesis import strategies as st

from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space

_WORDS: list[Value] = ["adam", "sgd", True, False, None, 0, 1, 2.5]


@st.composite
def int_ranges(draw: st.DrawFn) -> IntRange:
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -100, 1000))
    high = low + draw(st.integers(0, 5000))
    step = 1 if log else draw(st.integers(1, max(1, high - low)))
    return IntRange(low, high, log=log, step=step)


@st.composite
def float_ranges(draw: st.DrawFn) -> FloatRange:
    log = draw(st.booleans())
    low = draw(st.floats(1e-9, 1e3) if log else st.floats(-1e3, 1e3))
    high = low + draw(st.floats(0, 1e4))
    is_narrow = high - low < 1e-5 * max(abs(low), abs(high))  # no room for a step
    if log or high == low or is_narrow or not draw(st.booleans()):
        return FloatRange(low, high, log=log)
    return FloatRange(low, high, step=draw(st.floats((high - low) / 50, high - low, exclude_min=True)))


@st.composite
def categories(draw: st.DrawFn) -> Categories:
    places = draw(st.lists(st.integers(0, len(_WORDS) - 1), min_size=1, max_size=5, unique=True))
    return Categories(tuple(_WORDS[i] for i in places), ordered=draw(st.booleans()))


def domains() -> st.SearchStrategy[Domain]:
    return st.one_of(int_ranges(), float_ranges(), categories())


@st.composite
def spaces(draw: st.DrawFn, *, small: bool = False) -> Space:
    """Up to five dimensions in any order, conditions on earlier ones; `small` ones have few values."""
    few = st.one_of(categories(), st.integers(0, 3).map(lambda high: IntRange(0, high)))
    dimensions: list[Dimension] = []
    for place in range(draw(st.integers(1, 5))):
        texts = [_about(d) for d in dimensions]
        text = draw(st.sampled_from([None, *texts]))
        when = parse(text) if text is not None else None
        domain = draw(few if small else domains())
        dimensions.append(Dimension(f"p{place}" if place % 2 else f"per.{place + 1}", domain, when))
    return Space(tuple(draw(st.permutations(dimensions))), {"fixed": 3})


def _about(dimension: Dimension) -> str:
    if isinstance(dimension.domain, Categories):
        return f"{dimension.name} in ['adam', true, 1] and fixed == 3"
    middle = dimension.domain.decode(0.4)
    return f"not {dimension.name} <= {middle}"
