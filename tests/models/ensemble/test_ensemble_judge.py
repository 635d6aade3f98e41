"""Members, weights and the election."""

import time

import numpy as np
import pytest

from models.ensemble.candidates import Candidates, EnsembleError
from models.ensemble.greedy import greedy
from models.ensemble.judge import Plan, examine, judge, make_blends, score_all
from models.ensemble.losses import blend_loss
from models.ensemble.split import split_rows
from models.ensemble.weights import optimise_weights
from models.objective import Direction, Objective

ACCURACY = Objective("val_accuracy", Direction.MAXIMIZE)
EIGHT = Plan(size=8, holdout=0.5)
RMSE = Objective("val_rmse", Direction.MINIMIZE)


def noisy(n_models: int, n_rows: int, *, classes: int = 4, strength: float = 1.5, seed: int = 0) -> Candidates:
    """Models with independent errors and different strengths."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n_rows)
    skill = strength * rng.uniform(0.5, 1.0, size=(n_models, 1, 1))
    p = np.exp(skill * np.eye(classes)[y] + rng.normal(size=(n_models, n_rows, classes)))
    return Candidates((p / p.sum(axis=2, keepdims=True)).astype(np.float32), y.astype(np.int32), "multiclass")


def values(n_models: int, n_rows: int, *, spread: float = 1.0, seed: int = 0) -> Candidates:
    rng = np.random.default_rng(seed)
    y = rng.normal(100.0, 10.0, size=(n_rows, 2))
    return Candidates(y + spread * rng.normal(size=(n_models, n_rows, 2)), y, "regression")


def decide(candidates: Candidates, objective: Objective = ACCURACY, *, plan: Plan = EIGHT, seed: int = 7):
    return judge(candidates, objective, plan=plan, rng=np.random.default_rng(seed))


def test_the_weights_of_every_contender_are_positive_and_sum_to_one() -> None:
    for c in decide(noisy(12, 300)).contenders:
        assert sum(c.weights) == pytest.approx(1.0)
        assert min(c.weights) > 0
        assert list(c.weights) == sorted(c.weights, reverse=True)
        assert len(c.members) == len(c.weights) == len(set(c.members)) <= 8


def test_independent_models_beat_the_best_single_one_and_the_sentence_says_so() -> None:
    judgement = decide(noisy(12, 2000))
    single, winner = judgement.contender("single"), judgement.elected
    assert winner.judge.metric > single.judge.metric + 0.05
    assert judgement.metric == "accuracy"
    assert judgement.sentence() == (
        f"{judgement.winner} of {len(judgement.members)} members wins: accuracy {winner.judge.metric:.4f} "
        f"against {single.judge.metric:.4f} of the best single model on 1000 rows that no weight has seen"
    )


def test_all_four_are_scored_on_both_parts() -> None:
    judgement = decide(noisy(5, 300), plan=Plan(size=4, holdout=0.3))
    assert [c.name for c in judgement.contenders] == ["single", "mean", "greedy", "weighted"]
    assert all((c.weigh.rows, c.judge.rows) == (210, 90) for c in judgement.contenders)


def test_the_order_of_the_candidates_changes_nothing() -> None:
    candidates, shuffle = noisy(10, 400), np.random.default_rng(3).permutation(10)
    plain, mixed = decide(candidates), decide(candidates.take(shuffle))
    assert mixed.winner == plain.winner
    for a, b in zip(plain.contenders, mixed.contenders, strict=True):
        assert dict(zip(a.members, a.weights, strict=True)) == pytest.approx(
            {int(shuffle[m]): w for m, w in zip(b.members, b.weights, strict=True)}
        )


def test_a_perfect_member_gets_everything() -> None:
    candidates = noisy(6, 200)
    perfect = np.eye(4, dtype=np.float32)[candidates.y][np.newaxis]
    judgement = decide(Candidates(np.concatenate([candidates.predictions, perfect]), candidates.y, "multiclass"))
    assert judgement.winner == "single"
    assert (judgement.members, judgement.weights) == ((6,), (1.0,))
    assert judgement.contender("weighted").members == (6,)
    assert "the best single model wins: accuracy 1.0000 against mean" in judgement.sentence()


def test_a_perfect_member_of_a_regression_gets_everything() -> None:
    candidates = values(4, 100)
    truth = candidates.y[np.newaxis]
    judgement = decide(Candidates(np.concatenate([candidates.predictions, truth]), candidates.y, "regression"), RMSE)
    assert (judgement.members, judgement.weights) == ((4,), (1.0,))


def test_alike_members_stay_near_equal_weights() -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(size=(60, 1))
    candidates = Candidates(y + rng.normal(size=(5, 60, 1)), y, "regression")
    measure = blend_loss(candidates, "rmse")
    weights = optimise_weights(measure, starts=[np.full(5, 0.2)])
    free = np.linalg.lstsq(candidates.predictions[:, :, 0].T, y[:, 0], rcond=None)[0]
    assert np.abs(weights - 0.2).max() < 0.15
    assert np.std(weights) < np.std(free / free.sum())


def test_the_weights_do_not_overfit_few_rows() -> None:
    """Weighed on 40 rows, alike members lose next to nothing against equal weights on 4,000 fresh rows."""
    excess = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 4040)
        logit = 1.2 * (2 * y - 1) + rng.normal(size=(8, 4040))
        every = Candidates((1 / (1 + np.exp(-logit)))[..., np.newaxis], y, "binary")
        few, fresh = every.rows(np.arange(40)), every.rows(np.arange(40, 4040))
        weighted = make_blends(blend_loss(few, "auc"), size=8)["weighted"]
        equal = examine(np.full(8, 1 / 8), fresh, "auc")
        excess.append(examine(weighted, fresh, "auc").loss - equal.loss)
    assert np.mean(excess) < 0.02


def test_weights_are_no_worse_than_equal_ones_and_greedy_where_they_were_found() -> None:
    measure = blend_loss(noisy(10, 1000), "crossentropy")
    blends = make_blends(measure, size=8)
    assert measure.of(blends["weighted"]) <= measure.of(blends["greedy"]) + 0.005
    assert measure.of(blends["greedy"]) < measure.of(blends["single"])


def test_greedy_picks_with_replacement_and_at_most_size_members() -> None:
    counts = greedy(blend_loss(noisy(20, 500), "accuracy"), size=3)
    assert np.count_nonzero(counts) == 3
    assert counts.sum() > 3


def test_the_plain_mean_takes_the_best_candidates() -> None:
    candidates = noisy(10, 500)
    measure = blend_loss(candidates, "accuracy")
    mean = make_blends(measure, size=4)["mean"]
    assert set(np.flatnonzero(mean)) == set(np.argsort(measure.singles())[:4])
    assert set(mean) == {0.0, 0.25}


def test_mae_is_weighed_by_the_absolute_error() -> None:
    candidates = values(3, 50)
    measure = blend_loss(candidates, "mae")
    absolute = np.abs(candidates.predictions - candidates.y).mean(axis=(1, 2))
    assert np.exp(measure.singles()) == pytest.approx(absolute, rel=1e-4)


def test_r2_gives_every_target_the_same_say_and_rmse_does_not() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(200, 2)) * [1.0, 1000.0]
    errors = np.array([[0.1, 500.0], [1.0, 400.0]])  # the first is far better where the units are small
    p = y + errors[:, np.newaxis] * rng.choice([-1, 1], size=(2, 200, 2))
    candidates = Candidates(p, y, "regression")
    assert np.argmin(blend_loss(candidates, "r2").singles()) == 0
    assert np.argmin(blend_loss(candidates, "rmse").singles()) == 1


def test_one_candidate_is_the_single_winner() -> None:
    judgement = decide(noisy(1, 50))
    assert (judgement.winner, judgement.members, judgement.weights) == ("single", (0,), (1.0,))


def test_equal_accuracy_is_decided_by_the_loss() -> None:
    y = np.tile([0, 1], 50)
    sure = np.where(y == 1, 0.8, 0.2)
    unsure, first = np.where(y == 1, 0.55, 0.45), np.arange(100) % 4 < 2
    p = np.stack([np.where(first, sure, unsure), np.where(first, unsure, sure)])
    judgement = decide(Candidates(p[..., np.newaxis], y, "binary"))
    assert judgement.winner != "single"
    assert "equals the best single model in accuracy (1.0000) and wins by loss" in judgement.sentence()


def test_a_metric_to_maximise_may_also_be_minimised_when_the_study_says_so() -> None:
    judgement = decide(noisy(6, 300), Objective("val_accuracy", Direction.MINIMIZE))
    assert judgement.direction is Direction.MINIMIZE
    assert judgement.elected.judge.metric == min(c.judge.metric for c in judgement.contenders)


def test_test_scores_of_all_four_come_from_rows_that_took_no_part() -> None:
    candidates = noisy(6, 600)
    judgement = decide(candidates.rows(np.arange(300)))
    scores = score_all(judgement, candidates.rows(np.arange(300, 600)))
    assert list(scores) == ["single", "mean", "greedy", "weighted"]
    assert scores["mean"].rows == 300
    assert scores["mean"].metric > scores["single"].metric


@pytest.mark.parametrize("holdout", [0.2, 0.5, 0.7])
def test_both_parts_hold_every_class_in_its_share(holdout: float) -> None:
    y = np.repeat([0, 1, 2], [10, 40, 150])
    weigh, judging = split_rows(y, "multiclass", holdout=holdout, rng=np.random.default_rng(0))
    assert sorted([*weigh, *judging]) == list(range(200))
    assert np.bincount(y[judging]) == pytest.approx(holdout * np.array([10, 40, 150]), abs=1)


def test_a_regression_is_parted_evenly_over_its_range() -> None:
    y = np.linspace(0, 1, 100)[:, np.newaxis]
    _, judging = split_rows(y, "regression", holdout=0.5, rng=np.random.default_rng(1))
    assert np.histogram(y[judging], bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 5), abs=1)


def test_the_generator_decides_the_parts() -> None:
    y = np.zeros(100, int)
    same = [split_rows(y, "binary", holdout=0.5, rng=np.random.default_rng(2))[0] for _ in range(2)]
    other = split_rows(y, "binary", holdout=0.5, rng=np.random.default_rng(3))[0]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], other)


def test_nan_rows_are_refused_with_the_candidate() -> None:
    p = noisy(4, 50).predictions.copy()
    p[2, 10:13, 1] = np.nan
    with pytest.raises(EnsembleError, match="candidate 2 predicts NaN or infinity in 3 of 50 rows") as caught:
        Candidates(p, np.zeros(50, int), "multiclass")
    assert caught.value.candidate == 2


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(EnsembleError, match=r"shape \(4, 50\), not \(candidates, rows, outputs\)"):
        Candidates(np.zeros((4, 50)), np.zeros(50), "binary")
    with pytest.raises(EnsembleError, match=r"truth has the shape \(49,\) but the predictions ask for \(50,\)"):
        Candidates(np.zeros((4, 50, 1)), np.zeros(49), "binary")


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(EnsembleError, match="1 validation rows cannot be parted"):
        decide(noisy(2, 1))


def test_a_holdout_or_size_out_of_range_is_refused() -> None:
    with pytest.raises(EnsembleError, match=r"holdout is 1\.0; give a share between 0 and 1"):
        decide(noisy(2, 20), plan=Plan(holdout=1.0))
    with pytest.raises(EnsembleError, match="size is 0; give at least 1"):
        decide(noisy(2, 20), plan=Plan(size=0))


def test_a_metric_that_predictions_cannot_give_is_refused() -> None:
    with pytest.raises(EnsembleError, match="cannot give the metric `rmse`"):
        decide(noisy(2, 20), RMSE)


def test_sixty_candidates_on_five_thousand_rows_take_well_under_two_seconds() -> None:
    candidates = noisy(60, 5000, classes=10)
    began = time.process_time()
    decide(candidates)
    assert time.process_time() - began < 2.0
