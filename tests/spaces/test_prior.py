"""What is believed of a parameter: how it is drawn, how likely that makes a value, and what is no belief."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.expressions import parse
from spaces.prior import SHARE, Near, Prior, Weights
from spaces.problems import Value
from spaces.space import Dimension, Space, SpaceError
from tests.spaces.drawn import domains, spaces

RATE = FloatRange(1e-4, 1e-1, log=True)
KINDS = Categories(("relu", "gelu", "tanh"))


@st.composite
def beliefs(draw: st.DrawFn, domain: Domain) -> Prior:
    if not isinstance(domain, Categories):
        value = domain.decode(draw(st.floats(0, 1)))
        assert isinstance(value, int | float)
        return Near(value, draw(st.floats(0.01, 1.0)))
    weights = draw(st.lists(st.floats(0, 10), min_size=len(domain.choices), max_size=len(domain.choices)))
    return Weights(tuple(zip(domain.choices, [weights[0] + 1, *weights[1:]], strict=True)))


@st.composite
def believed(draw: st.DrawFn) -> Dimension:
    domain = draw(domains())
    return Dimension("p", domain, prior=draw(beliefs(domain)))


def drawn(dimension: Dimension, count: int) -> list[Value]:
    rng = np.random.default_rng(5)
    return [dimension.sample(rng) for _ in range(count)]


@given(believed(), st.integers(0, 2**32))
def test_a_drawn_value_is_in_the_domain(dimension: Dimension, seed: int) -> None:
    value = dimension.sample(np.random.default_rng(seed))
    assert dimension.domain.contains(value)
    assert dimension.log_prior(value) >= math.log(1 - SHARE) - 1e-9


@settings(max_examples=60)
@given(believed())
def test_the_densities_of_a_domain_average_to_one(dimension: Dimension) -> None:
    # over evenly drawn values, as a density relative to the uniform one
    places = (np.arange(4000) + 0.5) / 4000
    ratios = [math.exp(dimension.log_prior(dimension.domain.decode(u))) for u in places]
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03)


@given(domains())
def test_the_cells_of_a_discrete_domain_tile_the_unit_interval(domain: Domain) -> None:
    if domain.cardinality is None or domain.cardinality > 300:
        return
    cells = [domain.cell(domain.decode(u)) for u in np.linspace(0, 1, 4001)]
    tiles = sorted(set(cells))
    assert (tiles[0][0], tiles[-1][1]) == pytest.approx((0.0, 1.0), abs=1e-9)
    for low, high in tiles:
        middle = domain.decode((low + high) / 2)
        assert domain.cell(middle) == (low, high)


@pytest.mark.parametrize(
    ("domain", "prior", "value"),
    [
        (KINDS, Weights((("relu", 3), ("gelu", 1))), "relu"),
        (KINDS, Weights((("relu", 3), ("gelu", 1))), "tanh"),
        (IntRange(1, 64, log=True), Near(16, 0.1), 16),
        (IntRange(0, 4), Near(3, 0.05), 3),
        (FloatRange(0.0, 0.5, step=0.1), Near(0.1, 0.3), 0.4),
    ],
)
def test_values_are_drawn_as_often_as_their_density_says(domain: Domain, prior: Prior, value: Value) -> None:
    dimension = Dimension("p", domain, prior=prior)
    low, high = domain.cell(value)
    expected = math.exp(dimension.log_prior(value)) * (high - low)
    share = np.mean([found == value for found in drawn(dimension, 8000)])
    assert share == pytest.approx(expected, abs=0.02)


def test_most_draws_follow_a_belief_and_the_others_go_anywhere() -> None:
    dimension = Dimension("rate", RATE, prior=Near(1e-3, 0.05))
    places = np.array([RATE.encode(value) for value in drawn(dimension, 4000)])
    near = np.abs(places - RATE.encode(1e-3)) < 0.15
    assert np.mean(near) == pytest.approx(SHARE + (1 - SHARE) * 0.3, abs=0.03)
    assert (places > 0.9).any()


def test_a_belief_at_the_end_of_a_range_is_cut_off_there() -> None:
    dimension = Dimension("rate", RATE, prior=Near(1e-4, 0.05))
    assert min(drawn(dimension, 500)) >= 1e-4
    assert dimension.log_prior(1e-4) > dimension.log_prior(2e-4) > dimension.log_prior(1e-2)


def test_draws_of_other_parameters_do_not_change_with_a_belief_that_comes_after_them() -> None:
    def first(prior: Prior | None) -> list[Value]:
        space = Space((Dimension("a", RATE), Dimension("b", KINDS, prior=prior)))
        return [space.sample(np.random.default_rng(seed))["a"] for seed in range(9)]

    assert first(None) == first(Weights((("relu", 1.0),)))


def test_the_density_of_a_configuration_is_the_sum_over_what_is_active() -> None:
    kind = Dimension("kind", KINDS, prior=Weights((("relu", 1.0),)))
    rate = Dimension("rate", RATE, parse("kind == 'gelu'", names={"kind"}), prior=Near(1e-3))
    space = Space((kind, rate, Dimension("free", IntRange(1, 9))))
    assert space.log_prior({"kind": "relu", "free": 3}) == pytest.approx(math.log(SHARE * 3 + 1 - SHARE))
    both = space.log_prior({"kind": "gelu", "rate": 1e-3, "free": 3})
    assert both == pytest.approx(math.log(1 - SHARE) + rate.log_prior(1e-3))


@given(spaces(), st.integers(0, 2**32))
def test_a_space_without_beliefs_has_density_one_everywhere(space: Space, seed: int) -> None:
    assert not space.has_prior
    assert space.log_prior(space.sample(np.random.default_rng(seed))) == 0


@given(believed())
def test_a_belief_survives_the_way_to_json_and_back(dimension: Dimension) -> None:
    space = Space((dimension,))
    assert Space.from_json(space.to_json()) == space
    assert space.has_prior


@pytest.mark.parametrize(
    ("domain", "prior", "text"),
    [
        (RATE, Near(1.0), "p: the prior: 1 is not in"),
        (RATE, Near(1e-3, 0.0), "p: the prior: spread is 0; give a share of the range from 0.001 to 1"),
        (RATE, Weights(((1e-3, 1.0),)), "are no belief about a range; give one value of it"),
        (KINDS, Near(1), "a belief around 1 needs a range; give the categories weights"),
        (KINDS, Weights((("relo", 1.0),)), "relo is not in"),
        (KINDS, Weights((("relu", -1.0),)), "the weight of relu is -1; give a number from 0"),
        (KINDS, Weights((("relu", 0.0),)), "no category has a weight; give one of them"),
    ],
)
def test_what_is_no_belief_about_a_domain_is_refused(domain: Domain, prior: Prior, text: str) -> None:
    with pytest.raises(SpaceError) as caught:
        Dimension("p", domain, prior=prior)
    assert text in str(caught.value)
