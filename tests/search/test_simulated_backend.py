"""Studies on simulated time."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from models.objective import Direction, Objective
from models.training.orders import EpochReport
from search.backends.simulated import SimulatedBackend
from search.clock import ManualClock
from search.study import (
    Cause,
    Decision,
    Event,
    Finished,
    Lost,
    Outcome,
    Params,
    Paused,
    Reported,
    Started,
    Suggestion,
    TrialState,
)

OBJECTIVE = Objective("val_accuracy", Direction.MAXIMIZE)
CURVE = [0.1, 0.7, 0.5, 0.6]


def curve(params: Params, epoch: int) -> dict[str, float]:
    return {"val_accuracy": CURVE[epoch - 1], "loss": 1.0 / epoch}


def backend_of(play: Callable[..., Any] = curve, **options: Any) -> SimulatedBackend:
    settings: dict[str, Any] = {"workers": 2, "seconds_per_epoch": 1.0, "clock": ManualClock(), **options}
    return SimulatedBackend(play, objective=OBJECTIVE, **settings)


def suggestion(number: int, epochs: int = 3, *, speed: float = 1.0, resume: bool = False) -> Suggestion:
    return Suggestion(number, {"speed": speed}, epochs, resume=resume)


def play(
    backend: SimulatedBackend, decide: Callable[[Reported], Decision] = lambda _: Decision.go_on()
) -> list[tuple[float, Event]]:
    """All events with their times until nothing happens for a simulated hour, each report answered."""
    seen: list[tuple[float, Event]] = []
    while events := list(backend.events(3600.0)):
        for event in events:
            seen.append((backend.clock.monotonic_s(), event))
            if isinstance(event, Reported):
                backend.answer(event.number, decide(event))
    return seen


def started(*, after: int) -> Started:
    """Trial 0 goes on in the first worker after so many epochs, and tells what they were."""
    return Started(0, 0, after, float(after), history=tuple(curve({}, epoch) for epoch in range(1, after + 1)))


def outcome(seen: list[tuple[float, Event]]) -> Outcome:
    (last,) = [event for _, event in seen if isinstance(event, Finished)]
    return last.outcome


def test_a_trial_starts_reports_every_epoch_and_finishes() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    seen = play(backend)
    assert [type(event) for _, event in seen] == [Started, Reported, Reported, Reported, Finished]
    assert [time for time, _ in seen] == [0.0, 1.0, 2.0, 3.0, 3.0]
    assert [e.report.epoch for _, e in seen if isinstance(e, Reported)] == [1, 2, 3]


def test_the_outcome_is_read_by_the_objective() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    assert outcome(play(backend)) == Outcome(
        TrialState.COMPLETE,
        Cause.FINISHED,
        objective=0.7,
        best_epoch=2,
        epochs=3,
        seconds=3.0,
        metrics={"val_accuracy": 0.7, "loss": 0.5},
    )


def test_workers_train_at_the_same_time_each_at_its_own_speed() -> None:
    backend = backend_of(seconds_per_epoch=lambda params, epoch: params["speed"])
    backend.submit(suggestion(0, epochs=2, speed=3.0))
    backend.submit(suggestion(1, epochs=2, speed=2.0))
    ends = {event.number: time for time, event in play(backend) if isinstance(event, Finished)}
    assert ends == {0: 6.0, 1: 4.0}


def test_a_worker_is_free_again_when_its_trial_has_ended() -> None:
    backend = backend_of(workers=1)
    backend.submit(suggestion(0))
    assert backend.free == 0
    with pytest.raises(RuntimeError, match="no worker is free for trial 1"):
        backend.submit(suggestion(1))
    play(backend)
    assert backend.free == 1


def test_an_unanswered_report_holds_its_worker_while_time_passes() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    list(backend.events(0.0))
    assert [type(e) for e in backend.events(10.0)] == [Reported]
    assert list(backend.events(10.0)) == []
    assert (backend.clock.monotonic_s(), backend.free) == (11.0, 1)


def test_nothing_within_the_timeout_moves_the_clock_by_it() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    list(backend.events(0.0))
    assert list(backend.events(0.25)) == []
    assert backend.clock.monotonic_s() == 0.25
    assert [type(e) for e in backend.events(5.0)] == [Reported]
    assert backend.clock.monotonic_s() == 1.0


def test_an_answer_that_nobody_waits_for_is_an_error() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    for number in (0, 7):
        with pytest.raises(RuntimeError, match=f"trial {number} waits for no answer"):
            backend.answer(number, Decision.go_on())


def test_a_stopped_trial_ends_with_its_best_so_far() -> None:
    backend = backend_of()
    backend.submit(suggestion(0, epochs=4))
    seen = play(backend, lambda e: Decision.stop("enough") if e.report.epoch == 3 else Decision.go_on())
    ended = outcome(seen)
    assert (ended.state, ended.reason, ended.objective, ended.epochs) == (
        TrialState.COMPLETE,
        "enough",
        0.7,
        3,
    )


def test_a_paused_trial_leaves_its_worker_and_resumes_where_it_was() -> None:
    backend = backend_of(workers=1)
    backend.submit(suggestion(0))
    seen = play(backend, lambda e: Decision.pause("rung"))
    assert seen[-1] == (1.0, Paused(0, 1))
    assert backend.free == 1
    backend.submit(suggestion(0, resume=True))
    resumed = play(backend)
    assert resumed[0][1] == started(after=1)
    assert [e.report.epoch for _, e in resumed if isinstance(e, Reported)] == [2, 3]
    assert (outcome(resumed).best_epoch, outcome(resumed).seconds) == (2, 3.0)


def test_a_trial_resumed_at_its_last_epoch_finishes_without_training() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    play(backend, lambda e: Decision.pause("budget"))
    backend.submit(suggestion(0, epochs=1, resume=True))
    seen = play(backend)
    assert [type(event) for _, event in seen] == [Started, Finished]
    assert outcome(seen).objective == 0.1


def test_without_resume_a_trial_begins_anew() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    play(backend, lambda e: Decision.pause("rung"))
    backend.submit(suggestion(0))
    assert play(backend)[0][1] == started(after=0)


def test_a_lost_worker_loses_the_epoch_in_hand_once() -> None:
    backend = backend_of(lose={(0, 3): Cause.LOST})
    backend.submit(suggestion(0))
    assert play(backend)[-1] == (2.5, Lost(0, Cause.LOST, "worker lost in epoch 3"))
    assert backend.free == 2
    backend.submit(suggestion(0, resume=True))
    seen = play(backend)
    assert seen[0][1] == started(after=2)
    assert outcome(seen).epochs == 3


def test_another_backend_resumes_from_the_same_checkpoints() -> None:
    disk: dict[int, Any] = {}
    first = backend_of(checkpoints=disk)
    first.submit(suggestion(0))
    list(first.events(0.0))
    list(first.events(1.0))
    second = backend_of(checkpoints=disk)
    second.submit(suggestion(0, resume=True))
    seen = play(second)
    assert seen[0][1] == started(after=1)
    assert outcome(seen).epochs == 3


def test_a_finished_trial_leaves_no_checkpoint() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    play(backend)
    assert backend.checkpoints == {}


def test_a_trial_gets_the_first_worker_that_is_idle() -> None:
    backend = backend_of(workers=3)
    for number, epochs in enumerate((1, 2, 3)):
        backend.submit(suggestion(number, epochs))
    play(backend)
    backend.submit(suggestion(3))
    backend.submit(suggestion(4))
    workers = [event.worker for _, event in play(backend) if isinstance(event, Started)]
    assert workers == [0, 1]


def test_a_curve_that_ends_is_an_early_stop() -> None:
    backend = backend_of(lambda params, epoch: curve(params, epoch) if epoch < 3 else None)
    backend.submit(suggestion(0, epochs=9))
    ended = outcome(play(backend))
    assert (ended.state, ended.cause, ended.epochs) == (TrialState.COMPLETE, Cause.EARLY_STOPPED, 2)


@pytest.mark.parametrize("raises", [True, False])
def test_a_curve_that_fails_is_a_failed_trial_with_its_traceback(raises: bool) -> None:
    def failing(params: Params, epoch: int) -> dict[str, float] | Exception:
        if epoch == 2:
            if raises:
                raise ValueError("shapes differ")
            return ValueError("shapes differ")
        return curve(params, epoch)

    backend = backend_of(failing)
    backend.submit(suggestion(0))
    ended = outcome(play(backend))
    assert (ended.state, ended.cause, ended.reason) == (
        TrialState.FAILED,
        Cause.ERROR,
        "ValueError: shapes differ",
    )
    assert "ValueError: shapes differ" in ended.traceback
    assert ended.epochs == 1


def test_a_memory_error_is_out_of_memory() -> None:
    backend = backend_of(lambda params, epoch: MemoryError("4 GiB"))
    backend.submit(suggestion(0))
    ended = outcome(play(backend))
    assert (ended.state, ended.cause, ended.reason) == (
        TrialState.PRUNED,
        Cause.OUT_OF_MEMORY,
        "out of memory: 4 GiB",
    )


def test_a_trial_of_nans_has_no_objective() -> None:
    backend = backend_of(lambda params, epoch: {"val_accuracy": math.nan})
    backend.submit(suggestion(0))
    ended = outcome(play(backend))
    assert (ended.state, ended.cause, ended.objective) == (TrialState.PRUNED, Cause.NAN, None)


def test_a_gentle_end_pauses_every_trial_and_takes_no_more() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    backend.submit(suggestion(1))
    list(backend.events(0.0))
    list(backend.events(1.0))
    backend.answer(0, Decision.go_on())
    backend.close(gently=True)
    assert list(backend.events(0.0)) == [Paused(0, 1), Paused(1, 1)]
    assert backend.free == 0
    with pytest.raises(RuntimeError, match="no worker is free"):
        backend.submit(suggestion(2))


def test_a_sudden_end_says_nothing_more() -> None:
    backend = backend_of()
    backend.submit(suggestion(0))
    backend.close(gently=False)
    assert list(backend.events(60.0)) == []


def test_the_same_calls_give_the_same_events() -> None:
    def once() -> list[tuple[float, Event]]:
        backend = backend_of(seconds_per_epoch=lambda params, epoch: params["speed"] / epoch)
        backend.submit(suggestion(0, speed=3.0))
        backend.submit(suggestion(1, speed=3.0))
        return play(backend)

    assert once() == once()


def test_a_trial_that_is_ended_by_force_is_lost_at_once_and_leaves_its_worker() -> None:
    backend = backend_of(workers=1, seconds_per_epoch=lambda params, epoch: 1.0 if epoch < 3 else 1000.0)
    backend.submit(suggestion(0))
    for _ in range(3):
        for event in backend.events(1.0):
            if isinstance(event, Reported):
                backend.answer(0, Decision.go_on())
    backend.end(0, Cause.OVER_TIME, "too long")
    assert list(backend.events(1.0)) == [Lost(0, Cause.OVER_TIME, "too long")]
    assert backend.free == 1
    assert len(backend.checkpoints[0]) == 2


def test_a_trial_that_has_finished_cannot_be_ended_by_force() -> None:
    backend = backend_of()
    backend.submit(suggestion(0, epochs=1))
    list(backend.events(1.0))
    (report,) = backend.events(1.0)
    assert isinstance(report, Reported)
    backend.answer(0, Decision.go_on())
    backend.end(0, Cause.OVER_TIME, "too long")
    assert [type(event) for event in backend.events(1.0)] == [Finished]


def test_with_no_epochs_what_the_checkpoint_holds_is_the_end_of_the_trial() -> None:
    backend = backend_of(checkpoints={0: tuple(EpochReport(epoch, curve({}, epoch), 1.0) for epoch in (1, 2))})
    backend.submit(suggestion(0, epochs=3).to_store())
    seen = play(backend)
    assert [type(event) for _, event in seen] == [Started, Finished]
    assert outcome(seen).epochs == 2
