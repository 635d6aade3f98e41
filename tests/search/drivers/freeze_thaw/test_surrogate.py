"""The parts of the surrogate: levels, encoding, warp, chosen points, process."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.drivers.freeze_thaw.acquisition import log_improvement
from search.drivers.freeze_thaw.encoding import Encoding
from search.drivers.freeze_thaw.kernel import PARTS, Points, Prior, covariance
from search.drivers.freeze_thaw.levels import levels, next_level
from search.drivers.freeze_thaw.points import curves_of, time_of
from search.drivers.freeze_thaw.process import CurveProcess, _Loss, fitted
from search.drivers.freeze_thaw.seen import Seen, State
from search.drivers.freeze_thaw.warping import Warp
from tests.search.drivers.freeze_thaw.synthetic import SPACE

ADAM = {"rate": 1e-2, "optimizer": "adam", "layers": 2}
SGD = {"rate": 1e-2, "optimizer": "sgd", "momentum": 0.9, "layers": 2}


@given(st.integers(1, 2000), st.integers(1, 60))
def test_levels_rise_from_the_first_to_the_last_epoch_and_none_is_near_the_one_before(
    max_epochs: int, stint: int
) -> None:
    ladder = levels(max_epochs, stint=stint)
    assert ladder[0] == min(stint, max_epochs)
    assert ladder[-1] == max_epochs
    assert all(b - a >= stint for a, b in pairwise(ladder[:-1]))
    assert all(a < b for a, b in pairwise(ladder))


def test_levels_are_near_each_other_first_and_far_apart_later() -> None:
    assert levels(50) == (1, 2, 3, 4, 6, 8, 11, 15, 21, 29, 41, 50)
    assert levels(50, stint=5) == (5, 10, 15, 21, 29, 41, 50)
    assert [next_level(epoch, levels(50)) for epoch in (0, 1, 5, 45, 50)] == [1, 2, 6, 50, 50]


def test_an_inactive_parameter_is_the_same_for_all_and_categories_are_equally_far_apart() -> None:
    encoding = Encoding(SPACE)
    adam, rmsprop, sgd = encoding.rows([ADAM, {**ADAM, "optimizer": "rmsprop"}, SGD])
    assert len(adam) == len(encoding.groups) == 1 + 3 + 1 + 1 + 1
    assert encoding.n_groups == 5
    assert ((adam - rmsprop) ** 2).sum() == pytest.approx(1.0)
    # momentum 0.9 is the end of its range, an inactive one the middle; one more column says whether it is active
    assert ((adam - sgd) ** 2).sum() == pytest.approx(1.0 + 0.5**2 + 1.0)


def test_the_warp_keeps_the_order_and_makes_monsters_small() -> None:
    values = np.array([-1e30, -1.0, 0.1, 0.5, 0.7, 0.8])
    warp = Warp.of(values, values)
    warped = warp(values)
    assert (np.diff(warped) > 0).all()
    assert np.abs(warped).max() < 3


def test_equal_values_are_warped_to_equal_numbers() -> None:
    values = np.full(4, 0.5)
    assert np.isfinite(Warp.of(values, values)(values)).all()


def seen(count: int, epochs: int, state: State = State.PAUSED) -> list[Seen]:
    return [Seen(number, ADAM, tuple(number + 0.01 * e for e in range(epochs)), state) for number in range(count)]


def curves(trials: list[Seen], *, most: int = 100, sign: float = 1.0):  # type: ignore[no-untyped-def]
    rows = {trial.number: np.zeros(2) for trial in trials}
    found = curves_of(trials, rows, sign=sign, ladder=levels(50), most=most)
    assert found is not None
    return found


def test_a_curve_is_seen_at_the_levels_and_at_its_last_epoch() -> None:
    times = curves(seen(1, 10)).points.times
    assert times.tolist() == [time_of(epoch, 50) for epoch in (1, 2, 3, 4, 6, 8, 10)]


def test_an_early_stopped_trial_holds_its_best_to_the_end_and_a_cut_one_says_nothing_of_it() -> None:
    assert curves(seen(1, 10, State.COMPLETE)).points.times[-1] == 1.0
    assert curves(seen(1, 10, State.CUT)).points.times[-1] < 1.0


def test_a_bad_trial_has_the_worst_value() -> None:
    found = curves([*seen(3, 2), Seen(3, SGD, (), State.BAD)])
    assert set(found.points.trials.tolist()) == {0, 1, 2, 3}
    assert found.values[found.points.trials == 3] == pytest.approx(found.values.min())


def test_of_many_curves_the_best_stay_whole_and_the_size_is_bounded() -> None:
    trials = [*seen(600, 10), *(Seen(number, SGD, (), State.BAD) for number in range(600, 900))]
    found = curves(trials, most=200)
    assert len(found.points) <= 200
    assert (found.points.trials == 599).sum() == 7
    assert len(set(found.points.trials.tolist())) > 60


def test_smaller_values_are_better_under_a_negative_sign() -> None:
    found = curves(seen(3, 1), sign=-1.0)
    assert found.values.argmax() == 0
    assert found.best == pytest.approx(found.values.max())


def random_points(count: int) -> tuple[Points, np.ndarray]:
    rng = np.random.default_rng(0)
    points = Points(rng.random((count, 3)), rng.random(count), rng.integers(0, 6, count))
    return points, rng.standard_normal(count)


def test_the_derivatives_are_those_of_the_loss() -> None:
    points, values = random_points(20)
    loss = _Loss(points, values, np.array([0, 1, 1]), Prior.of(2))
    at = Prior.of(2).mean + 0.3
    _, gradient = loss(at)
    steps = np.eye(len(at)) * 1e-5
    numeric = [(loss(at + step)[0] - loss(at - step)[0]) / 2e-5 for step in steps]
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-6)


def test_the_loss_and_the_covariance_speak_of_the_same_process() -> None:
    points, values = random_points(12)
    groups, at = np.array([0, 1, 1]), Prior.of(2).mean
    k = covariance(points, points, at, groups) + np.eye(12) * (np.exp(at[len(PARTS) - 1]) + 1e-6)
    expected = 0.5 * values @ np.linalg.solve(k, values) + 0.5 * np.linalg.slogdet(k)[1]
    assert _Loss(points, values, groups, Prior.of(2))(at)[0] == pytest.approx(expected)


def test_a_process_knows_what_it_was_told_and_is_unsure_elsewhere() -> None:
    rows = np.array([[0.1], [0.5], [0.9]])
    points = Points(rows, np.ones(3), np.arange(3))
    process = CurveProcess(points, np.array([-1.0, 1.0, -1.0]), parameters=Prior.of(1).mean, groups=np.array([0]))
    asked = Points(np.array([[0.5], [0.3]]), np.ones(2), np.array([1, -1]))
    mean, deviation = process.expects(asked)
    assert mean[0] == pytest.approx(1.0, abs=0.05)
    assert deviation[0] < 0.1 < deviation[1]
    assert process.mean(asked) == pytest.approx(mean)


@pytest.mark.parametrize(("misleading", "low", "high"), [(False, 0.9, 1.01), (True, -0.3, 0.6)])
def test_it_learns_how_far_early_epochs_can_be_trusted(misleading: bool, low: float, high: float) -> None:
    rng = np.random.default_rng(1)
    ends = rng.standard_normal(30)
    firsts = rng.standard_normal(30) if misleading else ends
    points = Points(np.repeat(rng.random((30, 1)), 2, axis=0), np.tile([0.0, 1.0], 30), np.repeat(np.arange(30), 2))
    values = np.column_stack((firsts, ends)).ravel()
    parameters = fitted(points, values, np.array([0]))
    known = Points(np.array([[0.5]]), np.zeros(1), np.array([99]))
    process = CurveProcess(
        points.followed_by(known), np.append(values, 1.5), parameters=parameters, groups=np.array([0])
    )
    end = process.mean(Points(np.array([[0.5]]), np.ones(1), np.array([99])))
    assert low * 1.5 <= end[0] <= high * 1.5


def test_expected_improvement_is_right_near_by_and_goes_on_far_below() -> None:
    z = np.array([-60.0, -8.0, -5.001, -4.999, 0.0, 3.0])
    found = log_improvement(z, np.ones(6))
    assert found[4] == pytest.approx(np.log(1 / np.sqrt(2 * np.pi)))
    assert found[5] == pytest.approx(np.log(3.0), abs=1e-3)
    assert (np.diff(found) > 0).all()
    assert np.isfinite(found).all()
