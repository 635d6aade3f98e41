"""What the multi-fidelity policy decides: all plain values, on made-up curves."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from search.drivers.freeze_thaw.kernel import unexplained
from search.drivers.freeze_thaw.levels import levels
from search.drivers.freeze_thaw.policy import FreezeThaw, Settings
from search.drivers.freeze_thaw.seen import Continue, Memory, Seen, Start, State
from spaces.domains import IntRange
from spaces.problems import Value
from spaces.space import Dimension, Space
from tests.search.drivers.freeze_thaw.synthetic import (
    EPOCHS,
    SPACE,
    Value_of,
    accuracy,
    begin,
    best,
    continued,
    policy,
    search,
)


def test_the_same_seed_and_trials_give_the_same_choices() -> None:
    assert search(policy(3), accuracy, epochs=80) == search(policy(3), accuracy, epochs=80)


def test_another_seed_gives_other_choices() -> None:
    assert search(policy(3), accuracy, epochs=20) != search(policy(4), accuracy, epochs=20)


def test_a_new_policy_goes_on_with_the_memory_alone() -> None:
    trials, _ = search(policy(), accuracy, epochs=60)
    first, memory = policy().propose(trials, Memory())
    assert policy().propose(trials, Memory()) == (first, memory)
    later = [*trials, replace(trials[0], number=len(trials), state=State.CUT)]
    used = policy()
    used.propose(trials, Memory())
    assert used.propose(later, memory) == policy().propose(later, memory)


def test_the_memory_changes_with_new_trials_only() -> None:
    asked, trials, memory = policy(), list[Seen](), Memory()
    for _ in range(60):
        choice, after = asked.propose(trials, memory)
        assert choice is not None
        assert isinstance(choice, Start) or after == memory
        memory = after
        number = begin(trials, choice)
        values = tuple(accuracy(trials[number].params, epoch) for epoch in range(1, choice.until + 1))
        trials[number] = replace(trials[number], values=values, state=State.PAUSED)
        if choice.until == EPOCHS:
            trials[number] = replace(trials[number], state=State.COMPLETE)
    assert memory.parameters


def test_new_configurations_are_in_the_space_with_active_parameters_only() -> None:
    trials, _ = search(policy(), accuracy, epochs=80)
    assert [SPACE.why_not(trial.params) for trial in trials] == [None] * len(trials)
    assert {"momentum" in trial.params for trial in trials} == {True, False}


def test_a_new_trial_trains_to_the_first_level_and_a_paused_one_to_the_next() -> None:
    _, choices = search(policy(), accuracy, epochs=120)
    ladder = levels(EPOCHS)
    assert {choice.until for choice in choices if isinstance(choice, Start)} == {1}
    assert {choice.until for choice in continued(choices)} <= set(ladder[1:])
    assert continued(choices)


def test_trials_that_run_or_have_ended_are_not_continued() -> None:
    params = {"rate": 3e-3, "optimizer": "sgd", "momentum": 0.7, "layers": 3}
    poor = {"rate": 1e-4, "optimizer": "adam", "layers": 1}
    good = tuple(accuracy(params, epoch) for epoch in range(1, 5))
    trials = [
        Seen(0, params, good, State.CUT),
        Seen(1, params, (*good, *good), State.COMPLETE),
        Seen(2, params, good, State.RUNNING, until=6),
        Seen(3, params, (), State.BAD),
        *(Seen(number, poor, (accuracy(poor, 1),), State.PAUSED) for number in range(4, 12)),
    ]
    for seed in range(20):
        choice, _ = policy(seed).propose(trials, Memory())
        assert isinstance(choice, Start) or choice.number >= 4


def test_the_best_trials_are_trained_to_the_end() -> None:
    trials, _ = search(policy(), accuracy, epochs=250)
    ends = [trial for trial in trials if trial.state is State.COMPLETE]
    assert ends
    assert max(trial.values[0] for trial in ends) >= np.quantile([t.values[0] for t in trials], 0.9)


def chance(params: Mapping[str, Value], epoch: int) -> float:
    """A curve that rises to an end which the parameters decide without saying anything about it."""
    end = float(np.random.default_rng(zlib.crc32(str(sorted(params.items())).encode())).random())
    return end * (1 - 0.6 * math.exp(-epoch / 6))


def test_first_levels_have_no_more_than_their_share_of_the_epochs() -> None:
    few, many = Settings(begun=0.05), Settings(begun=1.0)
    starts = {}
    for settings in (few, many):
        asked = FreezeThaw(SPACE, levels(EPOCHS), sign=1.0, seed=0, settings=settings)
        trials, _ = search(asked, chance, epochs=200)
        starts[settings] = len(trials)
    assert starts[few] <= few.startup + 0.05 * 200 + 1
    assert starts[many] > starts[few]


@pytest.mark.parametrize(("value_of", "explained"), [(accuracy, True), (chance, False)])
def test_it_learns_whether_configurations_explain_what_differs(value_of: Value_of, explained: bool) -> None:
    shares = []
    for seed in range(4):
        trials, _ = search(policy(seed), value_of, epochs=120)
        ended = [replace(t, state=State.CUT) for t in trials]
        _, memory = policy(seed).propose(ended, Memory())
        shares.append(unexplained(np.array(memory.parameters)))
    if explained:
        assert max(shares) < 0.1
    else:
        # a single study may see by accident what is not there
        assert np.mean(shares) > 0.3


def test_where_configurations_explain_nothing_the_best_at_a_level_goes_on() -> None:
    trials, _ = search(policy(), accuracy, epochs=60)
    trusting = FreezeThaw(SPACE, levels(EPOCHS), sign=1.0, seed=0, settings=Settings(promoted=1e9, curious=0.0))
    _, memory = policy().propose(trials, Memory())
    for count in range(3):
        more = [*trials, *(replace(trials[0], number=len(trials) + i, state=State.CUT) for i in range(count))]
        choice, _ = trusting.propose(more, memory)
        assert isinstance(choice, Continue)
        chosen = more[choice.number]
        level = [t for t in more if t.state is State.PAUSED and len(t.values) == len(chosen.values)]
        assert max(chosen.values) == max(max(t.values) for t in level)


def slow(params: Mapping[str, Value], epoch: int) -> float:
    """The curves of `accuracy`, but of two optimizers the better one is no better than chance in the first epoch."""
    if params["optimizer"] == "rmsprop":
        return 0.0 if epoch == 1 else 1.8 * accuracy(params, epoch)
    return 0.8 * accuracy(params, epoch)


def test_what_begins_badly_and_ends_well_is_found() -> None:
    found = {}
    for curious in (0.0, Settings().curious):
        ends = []
        for seed in range(8):
            settings = Settings(curious=curious)
            asked = FreezeThaw(SPACE, levels(EPOCHS), sign=1.0, seed=seed, settings=settings)
            trials, _ = search(asked, slow, epochs=8 * EPOCHS)
            ends.append(best(trials))
        found[curious] = np.mean(ends)
    assert found[Settings().curious] > found[0.0] + 0.05


def test_a_small_space_is_begun_whole_without_a_repetition() -> None:
    space = Space((Dimension("layers", IntRange(1, 12)),))
    asked, trials, memory = FreezeThaw(space, (1,), sign=1.0, seed=0), list[Seen](), Memory()
    for number in range(12):
        choice, memory = asked.propose(trials, memory)
        assert isinstance(choice, Start)
        trials.append(Seen(number, choice.params, (float(str(choice.params["layers"])),), State.COMPLETE))
    assert len({trial.params["layers"] for trial in trials}) >= 11


def test_most_epochs_go_to_few_trials() -> None:
    trials, _ = search(policy(), accuracy, epochs=250)
    assert np.median([len(trial.values) for trial in trials]) <= 3


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_finds_more_in_eight_trainings_than_random_search_in_twenty(sign: float) -> None:
    found, random = [], []
    for seed in range(3):
        trials, _ = search(policy(seed, sign=sign), lambda p, e: sign * accuracy(p, e), epochs=8 * EPOCHS)
        found.append(max(sign * value for trial in trials for value in trial.values))
        rng = np.random.default_rng(seed)
        random.append(max(accuracy(SPACE.sample(rng), EPOCHS) for _ in range(20)))
    assert np.mean(found) > np.mean(random) + 0.03


def test_a_region_that_fails_is_avoided() -> None:
    def fails(params: Mapping[str, Value], epoch: int) -> float:
        layers = params["layers"]
        assert isinstance(layers, int)
        return math.nan if layers >= 3 else accuracy(params, epoch)

    trials, _ = search(policy(), fails, epochs=120)
    later = [trial.state is State.BAD for trial in trials[len(trials) // 2 :]]
    # half of the space fails, and some of the new configurations are drawn from all of it
    assert np.mean(later) < 0.4


def test_nothing_but_failures_is_no_obstacle() -> None:
    trials, _ = search(policy(), lambda params, epoch: math.nan, epochs=15)
    assert {trial.state for trial in trials} == {State.BAD}


def test_values_that_are_not_finite_and_monstrous_ones_do_no_harm() -> None:
    trials, _ = search(policy(), accuracy, epochs=40)
    trials.append(Seen(len(trials), trials[0].params, (0.2, math.nan, 0.3), State.PAUSED))
    trials.append(Seen(len(trials), trials[1].params, (math.nan,), State.CUT))
    trials.append(Seen(len(trials), trials[2].params, (-1e30, -1e300), State.PAUSED))
    for seed in range(5):
        choice, memory = policy(seed).propose(trials, Memory())
        assert choice is not None
        assert np.isfinite(memory.parameters).all()


def test_free_workers_are_given_different_work() -> None:
    trials, _ = search(policy(), accuracy, epochs=60)
    asked, memory = policy(), Memory()
    begun = []
    for _ in range(8):
        choice, memory = asked.propose(trials, memory)
        assert choice is not None
        begun.append(begin(trials, choice))
    rows = [tuple(sorted((k, str(v)) for k, v in trials[number].params.items())) for number in begun]
    assert len(set(begun)) == 8
    assert len(set(rows)) == 8


def test_many_workers_start_before_anything_is_known() -> None:
    asked, memory, trials = policy(), Memory(), list[Seen]()
    for _ in range(64):
        choice, memory = asked.propose(trials, memory)
        assert isinstance(choice, Start)
        begin(trials, choice)
    assert len({trial.params["rate"] for trial in trials}) == 64


def test_the_first_guess_comes_first() -> None:
    space = Space((*SPACE.dimensions[:3], Dimension("layers", SPACE.dimension("layers").domain, default=2)))
    trials, _ = search(policy(space=space), accuracy, epochs=3)
    assert trials[0].params == space.first_guess()
    assert trials[1].params != trials[0].params


def test_without_new_trials_a_paused_one_goes_on_and_nothing_when_none_is() -> None:
    trials, _ = search(policy(), accuracy, epochs=60)
    choice, memory = policy().propose(trials, Memory(), may_start=False)
    assert isinstance(choice, Continue)
    assert memory == Memory()
    ended = [replace(trial, state=State.CUT) for trial in trials]
    assert policy().propose(ended, Memory(), may_start=False) == (None, Memory())


def test_the_best_share_is_finished_even_without_much_hope() -> None:
    trials, _ = search(policy(), accuracy, epochs=60)
    share = len([t for t in trials if t.state is State.COMPLETE]) / len(trials) + 0.2
    for settings, goes_on in ((Settings(hope=1.1, finished=share), True), (Settings(hope=1.1, finished=0.0), False)):
        asked = FreezeThaw(SPACE, levels(EPOCHS), sign=1.0, seed=0, settings=settings)
        choice, _ = asked.propose(trials, Memory(), may_start=False)
        assert (choice is not None) is goes_on


def test_a_study_of_one_epoch_a_trial_never_pauses() -> None:
    asked, trials, memory = FreezeThaw(SPACE, (1,), sign=1.0, seed=0), list[Seen](), Memory()
    for number in range(20):
        choice, memory = asked.propose(trials, memory)
        assert isinstance(choice, Start)
        assert choice.until == 1
        trials.append(Seen(number, choice.params, (accuracy(choice.params, 1),), State.COMPLETE))
    assert best(trials) > 0
