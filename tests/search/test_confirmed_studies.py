"""A whole `run` that confirms its best configurations: what each key changes, and what a person reads."""

import io
import json

import numpy as np
import pytest
from rehearsal import Rehearsal, rising

from search.showing import show

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def noisy(suggestion):
    """A repeat differs from its trial by a little luck of its own."""
    drawn = np.random.default_rng(suggestion.number).normal()
    luck = 0.0 if suggestion.repeat is None else 0.001 * drawn
    return lambda params, epoch: {"loss": 1.0, "val_accuracy": rising(params, epoch)["val_accuracy"] + luck}


def confirmed(*overrides, curve_of=noisy, budget=12):
    return Rehearsal(curve_of=curve_of).run(f"budget={budget}", *overrides)


def again(rehearsal):
    """The trials that are repeated, one entry a repeat."""
    return sorted(int(row["repeats"]) for row in rehearsal.rows if row.get("repeats"))


def shown(*asked):
    stream = io.StringIO()
    show("small", *(asked or (None,)), stream=stream)
    return stream.getvalue()


@pytest.mark.parametrize("written", [(), ("confirm=none",)])
def test_nothing_is_confirmed_unless_it_is_written(written):
    rehearsal = confirmed(*written)
    assert "repeats" not in rehearsal.rows[0]
    assert "confirm" not in rehearsal.text
    assert len(rehearsal.rows) == 12


def test_the_best_so_many_are_trained_again_with_so_many_seeds():
    rehearsal = confirmed("confirm={top: 2, seeds: 3}")
    best = {int(row["trial"]) for row in rehearsal.rows[:2]}
    assert again(rehearsal) == sorted(3 * [*best])
    assert [row["seeds"] for row in rehearsal.rows[:3]] == ["3", "3", ""]
    assert len(again(confirmed("study=other", "confirm={top: 3, seeds: 2}"))) == 6
    assert len({*again(confirmed("study=third", "confirm={top: 3, seeds: 2}"))}) == 3


def test_the_threshold_says_who_gets_no_further_seeds():
    rehearsal = confirmed("confirm={top: 2, seeds: 6}", budget=40)
    assert len(again(rehearsal)) == 10
    assert "got no further seeds: worse than trial" in rehearsal.text
    other = confirmed("study=other", "confirm={top: 2, seeds: 6, p_threshold: 0}", budget=40)
    assert len(again(other)) == 12
    assert "no further seeds" not in other.text


def test_repeats_share_the_seed_of_their_round_which_no_other_trial_has():
    rehearsal = confirmed("confirm={top: 2, seeds: 2}")
    infos = [event["info"] for event in rehearsal.events if event["event"] == "trial_started"]
    seeds = [info["seed"] for info in infos]
    assert (seeds[8], seeds[10]) == (seeds[9], seeds[11])
    assert len(set(seeds)) == 10
    assert [info["source"] for info in infos[8:]] == [f"repeat of trial {of}" for of in 2 * first_two(rehearsal)]


def first_two(rehearsal):
    """The trials that are repeated, best objective first."""
    found = [row for row in rehearsal.rows if row.get("seeds")]
    return [int(row["trial"]) for row in sorted(found, key=lambda row: -float(row["objective"]))]


def test_mean_and_spread_are_said_at_the_end_and_shown():
    rehearsal = confirmed("confirm={top: 2, seeds: 3}")
    best = rehearsal.rows[0]
    told = f"{float(best['mean']):.4f} ± {float(best['std']):.4f}"
    assert "confirmed: val_accuracy with other seeds than in the search" in rehearsal.text
    assert f"{told} (3 seeds)" in rehearsal.text
    assert told in shown()
    assert f"other seeds   {told} (3 seeds)" in shown(int(best["trial"]))
    repeat = next(int(row["trial"]) for row in rehearsal.rows if row["repeats"])
    assert (
        f"repeats       trial {rehearsal.rows[[r['trial'] for r in rehearsal.rows].index(str(repeat))]['repeats']}"
        in (shown(repeat))
    )
    assert "6 done · 0 pruned · 6 repeats · 72 epochs" in shown()


def test_two_that_cannot_be_told_apart_are_said_to_be_so():
    flat = lambda suggestion: lambda params, epoch: {"loss": 1.0, "val_accuracy": luck(suggestion)}  # noqa: E731
    luck = lambda suggestion: 0.5 + 0.1 * np.random.default_rng(suggestion.number).random()  # noqa: E731
    rehearsal = confirmed("confirm={top: 2, seeds: 3}", curve_of=flat)
    assert "cannot be told apart: over 3 seeds they differ by " in rehearsal.text
    summary = [event["summary"] for event in rehearsal.events if event["event"] == "study_finished"][-1]
    assert "cannot be told apart" in summary["confirmed"]["verdict"]
    assert [one["seeds"] for one in summary["confirmed"]["finalists"]] == [3, 3]


def test_repeats_are_candidates_of_the_ensemble():
    rehearsal = confirmed("confirm={top: 2, seeds: 3}", "ensemble=12")
    members = {member["trial"] for member in rehearsal.ensemble["members"]}
    assert members & set(range(6, 12))


def test_the_importances_are_those_of_the_search():
    rehearsal = confirmed("confirm={top: 2, seeds: 3}")
    summary = [event["summary"] for event in rehearsal.events if event["event"] == "study_finished"][-1]
    assert summary["importances"] == {}, "six trials are too few, though there are twelve with the repeats"


def test_an_interrupted_study_goes_on_with_its_repeats_as_one_that_was_not():
    """Ctrl-C in the third epoch of the second repeat."""
    epochs = []

    def pressed(suggestion):
        curve = noisy(suggestion)

        def one(params, epoch):
            epochs.append(suggestion.number)
            if epochs.count(7) == 3 and epochs[-1] == 7:
                Rehearsal.stop()
            return curve(params, epoch)

        return one

    straight = confirmed("study=straight", "confirm={top: 2, seeds: 3}")
    first = Rehearsal(curve_of=pressed)
    first.run("budget=12", "confirm={top: 2, seeds: 3}")
    assert first.code == 130
    assert "go on:  python -m search run space.yaml budget=12 'confirm={top: 2, seeds: 3}'" in first.text
    first.curve_of = noisy
    first.run("budget=12", "confirm={top: 2, seeds: 3}")
    assert first.code == 0
    assert first.rows == straight.rows
    assert json.dumps(first.events[-2]["summary"]["confirmed"]) == json.dumps(
        straight.events[-2]["summary"]["confirmed"]
    )


def test_a_confirmed_study_that_is_run_again_trains_nothing():
    before = confirmed("confirm={top: 2, seeds: 3}")
    after = confirmed("confirm={top: 2, seeds: 3}")
    assert after.rows == before.rows
    assert "done" not in after.text.partition("stopped:")[0]


@pytest.mark.parametrize("sampler", ["random", "grid", "qmc", "tpe"])
def test_a_larger_budget_goes_on_with_new_configurations(sampler):
    space = ("model.units={int: [2, 20]}", "training.learning_rate=0.5", f"search.sampler={sampler}")
    assert len(confirmed(*space, "confirm={top: 1, seeds: 2}", budget=6).rows) == 6
    after = confirmed(*space, "confirm={top: 1, seeds: 2}", budget=10)
    tried = [row["units"] for row in after.rows if not row["repeats"]]
    assert len(tried) == len(set(tried)) == 8
