"""Who is elected among blends, and how sure the rows are of the best."""

import time

import numpy as np
import pytest

from models.ensemble.candidates import Candidates
from models.ensemble.election import MOST_ROWS, Poll, best_by, chances_against, elect, poll
from models.objective import Direction

MAX, MIN = Direction.MAXIMIZE, Direction.MINIMIZE


def right(*shares: float, n_rows: int = 200) -> Candidates:
    """Blends of a binary task of which the k-th is right in the first `shares[k]` of the rows."""
    places = np.arange(n_rows) / n_rows
    p = np.stack([np.where(places < share, 0.8, 0.2) for share in shares])
    return Candidates(p[..., np.newaxis], np.ones(n_rows, int), "binary")


def chances(blends: Candidates, metric: str = "accuracy", *, best: int = 0, direction: Direction = MAX):
    return chances_against(best, blends, metric, direction, rng=np.random.default_rng(0))


def said(losses, by_metric, by_loss=(0.5, 1.0, 0.5), mean: int | None = None) -> Poll:
    return Poll(losses, by_metric, by_loss, mean)


def test_the_lowest_loss_is_elected_among_those_that_are_not_clearly_beaten() -> None:
    assert elect(said([0.5, 0.4, 0.2], [1.0, 0.3, 0.01])) == 1
    assert elect(said([0.5, 0.6, 0.2], [1.0, 0.3, 0.01])) == 0
    assert elect(said([0.5, 0.6, 0.2], [1.0, 0.3, 0.9])) == 2


def test_of_equal_losses_the_first_is_elected() -> None:
    assert elect(said([0.5, 0.4, 0.4 - 1e-15], [1.0, 1.0, 1.0])) == 1


def test_the_mean_is_kept_unless_it_is_clearly_beaten_by_metric_or_by_loss() -> None:
    losses = [0.5, 0.4, 0.3]
    assert elect(said(losses, [0.5, 0.2, 1.0], [0.1, 1.0, 0.8], mean=1)) == 1
    assert elect(said(losses, [0.5, 0.2, 1.0], [0.1, 1.0, 0.9], mean=1)) == 2
    assert elect(said(losses, [0.5, 0.02, 1.0], [0.1, 1.0, 0.8], mean=1)) == 2


@pytest.mark.parametrize(
    ("metric", "task", "preferred"),
    [("accuracy", "binary", 1), ("auc", "binary", 1), ("loss", "binary", None), ("rmse", "regression", None)],
)
def test_the_mean_is_preferred_where_the_weights_were_found_by_a_stand_in(metric, task, preferred) -> None:
    p = np.random.default_rng(0).random((3, 50, 1))
    y = np.arange(50) % 2 if task == "binary" else p[0]
    direction = MIN if metric in ("loss", "rmse") else MAX
    found = poll(Candidates(p, y, task), metric, direction, mean=1, rng=np.random.default_rng(0))
    assert found.mean == preferred
    assert found.by_loss[1] == max(found.by_metric) == 1.0


def test_one_row_more_of_many_is_not_a_clear_lead_and_twenty_are() -> None:
    found = chances(right(0.9, 0.895, 0.8))
    assert found[0] == 1.0
    assert 0.25 < found[1] < 0.5
    assert found[2] < 0.01


def test_many_rows_make_a_small_lead_clear_though_only_some_are_drawn() -> None:
    n = 25 * MOST_ROWS
    rng = np.random.default_rng(1)
    first = rng.random(n) < 0.9
    second = np.where(rng.random(n) < 0.02, rng.random(n) < 0.8, first)
    p = np.where(np.stack([first, second]), 0.8, 0.2)[..., np.newaxis]
    blends = Candidates(p, np.ones(n, int), "binary")
    assert first.mean() - second.mean() < 0.003
    assert chances(blends)[1] < 0.01
    assert chances(blends.rows(np.arange(MOST_ROWS)))[1] > 0.05


def test_lower_is_better_where_the_direction_says_so() -> None:
    y = np.zeros((100, 1))
    errors = np.random.default_rng(0).normal(size=(100, 1))
    blends = Candidates(np.stack([errors, 3 * errors]), y, "regression")
    assert chances(blends, "rmse", direction=MIN) == (1.0, 0.0)
    assert chances(blends, "rmse", direction=MAX)[1] == 1.0


def test_resamples_without_a_value_do_not_count_and_none_at_all_beats_nobody() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.9])
    blends = Candidates(np.stack([p, 1 - p])[..., np.newaxis], np.array([0, 0, 0, 1]), "binary")
    assert chances(blends, "auc") == (1.0, 0.0)
    assert chances(Candidates(blends.predictions, np.zeros(4, int), "binary"), "auc") == (1.0, 1.0)


def test_nan_takes_no_first_place() -> None:
    assert best_by([float("nan"), 0.5, 0.7], MAX) == 2
    assert best_by([0.5, float("nan"), 0.5], MIN) == 0
    assert best_by([float("nan")] * 3, MAX) == 0


def test_the_generator_decides_the_resamples() -> None:
    assert chances(right(0.9, 0.89)) == chances(right(0.9, 0.89))


@pytest.mark.parametrize("metric", ["auc", "f1", "accuracy"])
def test_many_rows_are_judged_in_seconds(metric: str) -> None:
    rng = np.random.default_rng(0)
    p = rng.random((4, 300_000, 1), dtype=np.float32)
    began = time.process_time()
    chances(Candidates(p, (p[0, :, 0] > 0.4).astype(int), "binary"), metric)
    assert time.process_time() - began < 5.0
