"""What a person reads while a study runs."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from models.objective import Aim, Direction
from search.budget import Budget, Spent
from search.ledger import Incumbent
from search.live_view import LiveView
from search.progress import FrontNow, LinesView, Progress, Training, ended_line, first_line, front_lines, training_line
from search.study import Cause, Outcome, TrialState

BUDGET = Budget(trials=40, seconds=600.0, epochs=1500)
PARAMS = {f"parameter.{k}": 0.123456789 for k in range(30)}
PRUNED = Outcome(
    TrialState.PRUNED, Cause.PRUNED, "0.81 is below the median 0.84 of 5 trials at epoch 1 " * 3, 0.81,
    best_epoch=1, epochs=1, seconds=2.5,
)  # fmt: skip


def progress(*, training=(), incumbent=None, complete=0, spent=None):
    return Progress(
        complete=complete,
        pruned=0,
        infeasible=0,
        failed=0,
        training=tuple(training),
        incumbent=incumbent,
        budget=BUDGET,
        spent=spent or Spent(),
    )


def at_work(number, epoch=3):
    return Training(number, epoch, 40, 0.95, 2.1)


def best(number=4, value=0.9694):
    return Incumbent(number, value, 8, PARAMS)


def drawn(view, console, shown):
    with console.capture() as capture:
        console.print(view._draw(shown))
    return capture.get().splitlines()


@pytest.fixture(params=[100, 80, 50])
def console(request):
    return Console(width=request.param, file=io.StringIO())


def test_the_live_view_fits_its_width_in_one_line_each(console):
    view = LiveView("a_study_with_a_rather_long_name", "val_accuracy", console)
    shown = progress(training=[at_work(12), at_work(7)], incumbent=best(), complete=11)
    lines = drawn(view, console, shown)
    assert len(lines) == 6
    assert max(map(len, lines)) <= console.width
    assert lines[1].startswith("best  val_accuracy 0.9694 (trial 4, epoch 8)")


def test_the_live_view_keeps_its_height_when_fewer_trials_run():
    console = Console(width=80, file=io.StringIO())
    view = LiveView("digits", "val_accuracy", console)
    before = drawn(view, console, progress(training=[at_work(1), at_work(2)], incumbent=best()))
    after = drawn(view, console, progress(training=[at_work(2)]))
    assert len(after) == len(before)


def test_the_columns_of_running_trials_keep_their_places():
    early, late = training_line(at_work(7, epoch=3), "val_loss"), training_line(at_work(112, epoch=40), "val_loss")
    assert early == "  trial   7  epoch  3 of 40      2 s  val_loss 0.9500"
    assert early.index("val_loss") == late.index("val_loss")


def test_a_trial_without_an_epoch_is_starting():
    assert training_line(Training(7, 0, 40, None, 0.0), "val_loss") == "  trial   7  starting"


def test_an_ended_trial_takes_one_line_of_the_terminal():
    console = Console(width=80, file=io.StringIO())
    LiveView("digits", "val_accuracy", console).trial_ended(5, PRUNED)
    assert len(console.file.getvalue().splitlines()) == 1
    assert console.file.getvalue().rstrip().endswith("…")


def test_a_log_has_the_whole_reason():
    line = ended_line(5, PRUNED)
    assert line.startswith("trial   5  pruned  0.8100 at epoch 1      1 epoch     2.5 s  0.81 is below the median")
    assert line.endswith(PRUNED.reason.rstrip())


def test_a_log_begins_with_what_is_searched_and_names_every_new_best_once():
    stream = io.StringIO()
    view = LinesView(stream, study="digits", metric="val_accuracy")
    view.show(progress(training=[at_work(4)], incumbent=best()))
    view.show(progress(incumbent=best()))
    view.show(progress(incumbent=best()))
    view.show(progress(incumbent=best(9, 0.98)))
    assert stream.getvalue().splitlines() == [
        "digits: val_accuracy, at most 40 trials · 1500 epochs · 10:00",
        "best so far: val_accuracy 0.9694 (trial 4, epoch 8)",
        "best so far: val_accuracy 0.9800 (trial 9, epoch 8)",
    ]


def test_a_study_that_goes_on_says_what_was_done_before():
    shown = progress(complete=14, spent=Spent(trials=14, seconds=86.0, epochs=362))
    assert first_line("digits", "val_accuracy", shown).endswith("; goes on after 14 trials, 362 epochs and 1:26")


FRONT = FrontNow(("val_accuracy", "params", "latency_ms"), (7, 2), ((0.98, 2000.0, 0.25), (0.9, 150.0, 0.25)))


def test_the_front_takes_the_place_of_the_best_trial(console):
    view = LiveView("digits", "val_accuracy", console)
    lines = drawn(view, console, replace(progress(incumbent=best()), front=FRONT))
    assert lines[1].startswith("front: 2 trials, best val_accuracy 0.9800")
    assert lines[2].strip() == "params 150 to 2000, latency_ms 0.25"


def test_a_front_without_trials_says_so():
    assert front_lines(FrontNow(("val_accuracy", "params"), (), ())) == ("front: no trial yet", "")


def test_a_finished_trial_is_told_with_its_other_objectives():
    aims = (Aim("val_accuracy", Direction.MAXIMIZE), Aim("params", Direction.MINIMIZE))
    done = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=0.9, metrics={"params": 1500.0})
    assert ended_line(3, done, aims).endswith("  params 1500")
    assert "params" not in ended_line(3, done)
