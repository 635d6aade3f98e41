"""Callbacks of the user's own: when they are called, what they may change, and what is kept of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorders import Evaluates, EveryStep, Remembers, Whole

from models.spec.mlp import MlpSpec
from models.training.checkpoint import CheckpointFile
from models.training.errors import TrainingError
from models.training.graphs import Graphs
from models.training.orders import EpochReport, Order
from models.user_code import UserCodeError

Make = Callable[..., Any]


def own(name: str, **options: Any) -> dict[str, Any]:
    return {"call": f"recorders:{name}", "with": options}


def pause_after(epoch: int) -> Callable[[EpochReport], Order]:
    return lambda report: Order.PAUSE if report.epoch == epoch else Order.GO_ON


def test_the_hooks_are_called_in_keras_order_with_the_logs_of_the_epoch(trial: Make) -> None:
    result = trial({"epochs": 2, "callbacks": [own("Whole")]}).run()
    called = Whole.last.called
    epoch = ["on_epoch_begin", "on_test_begin", "on_test_end", "on_epoch_end"]
    assert [hook for hook, _, _ in called] == ["on_train_begin", *epoch, *epoch, "on_train_end"]
    assert [number for hook, number, _ in called if hook == "on_epoch_end"] == [0, 1]
    logs = called[-1][2]
    assert logs == {name: value for name, value in result.history[-1].items() if name != "learning_rate"}
    assert result.by_step == "", "no hook of a batch, no call for each step"


def test_parameters_say_how_many_epochs_and_steps_there_are(trial: Make) -> None:
    trial({"epochs": 2, "batch_size": 25, "callbacks": [own("Whole")]}).run()
    assert Whole.last.params == {"verbose": 0, "epochs": 2, "steps": 3}


def test_arguments_reach_the_callback(trial: Make) -> None:
    trial({"callbacks": [own("Whole", color="red", sizes=[1, {"a": None}])]}).run()
    assert Whole.last.options == {"color": "red", "sizes": [1, {"a": None}]}


def test_every_trial_has_an_instance_of_its_own(trial: Make) -> None:
    graphs = Graphs()
    made = []
    for _ in range(2):
        trial({"callbacks": [own("Whole")]}, graphs=graphs).run()
        made.append(Whole.last)
    assert made[0] is not made[1]
    assert len(made[0].called) == len(made[1].called)


def test_a_callback_in_a_file_is_read_anew(trial: Make, tmp_path: Path) -> None:
    """Of a module with annotations as texts, in which a data class looks for its module."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nimport dataclasses, keras\n"
        "@dataclasses.dataclass\nclass Size:\n    value: int\n"
        "class Ends(keras.callbacks.Callback):\n"
        "    def on_epoch_end(self, epoch, logs=None):\n        self.model.stop_training = epoch == Size(0).value\n"
    )
    assert trial({"epochs": 5, "callbacks": f"{file}:Ends"}).run().epochs == 1
    file.write_text(file.read_text().replace("Size(0)", "Size(2)"))
    assert trial({"epochs": 5, "callbacks": f"{file}:Ends"}).run().epochs == 3


# ------------------------------------------------------------------------------------------- single steps
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Whole", ""),
        ("StopsInside", "StopsInside has on_train_batch_end"),
        ("lambdas", "LambdaCallback has on_train_batch_end"),
        (
            "EveryStep",
            "EveryStep has on_train_batch_begin and on_train_batch_end and on_test_batch_begin and on_test_batch_end",
        ),
    ],
)
def test_the_result_says_which_hooks_made_it_go_step_by_step(trial: Make, name: str, why: str) -> None:
    assert trial({"epochs": 1, "callbacks": [own(name)]}).run().by_step == why


def test_weights_that_are_changed_after_a_step_are_those_of_the_next(trial: Make) -> None:
    plain, bounded = (trial({"epochs": 2, "callbacks": own}) for own in ([], [own("MaxNorm", norm=0.1)]))
    histories = [made.run().history for made in (plain, bounded)]
    norms = [np.linalg.norm(made.weights()[0], axis=0).max() for made in (plain, bounded)]
    assert norms[1] == pytest.approx(0.1, rel=1e-5)
    assert norms[0] > 0.2
    assert histories[0] != histories[1]


def test_the_steps_are_traced_once_for_all_trials_of_a_graph(trial: Make) -> None:
    graphs = Graphs()
    for size in (14, 20):
        trial({"batch_size": size, "callbacks": [own("EveryStep")]}, graphs=graphs).run()
    (graph,) = graphs._graphs.values()
    steps = graph._steps
    assert [f.experimental_get_tracing_count() for f in (steps._train, steps._test)] == [1, 1]
    assert [number for hook, number, _ in EveryStep.last.called if hook == "on_train_batch_end"] == [0, 1, 2] * 2


# ------------------------------------------------------------------------------------------- stopping
def test_a_callback_that_stops_training_is_named(trial: Make) -> None:
    result = trial({"epochs": 9, "callbacks": [own("Whole", stop_after=2)]}).run()
    assert (result.epochs, result.ended_by, result.stopped_by) == (2, "callback", "Whole")


def test_stopping_within_an_epoch_ends_it_there_with_its_validation(trial: Make) -> None:
    result = trial({"epochs": 9, "batch_size": 10, "callbacks": [own("StopsInside"), own("EveryStep")]}).run()
    assert (result.epochs, result.ended_by, result.stopped_by) == (2, "callback", "StopsInside")
    hooks = [hook for hook, _, _ in EveryStep.last.called]
    second = hooks[hooks.index("on_epoch_end") + 1 :]
    assert second.count("on_train_batch_end") == 1
    assert second.count("on_test_batch_end") == 3
    assert "val_loss" in result.history[1]


def test_the_reason_that_came_first_stands(trial: Make) -> None:
    result = trial({"epochs": 9, "stop_at": 100.0, "callbacks": [own("Whole", stop_after=1)]}).run()
    assert (result.epochs, result.ended_by, result.stopped_by) == (1, "target", "")


def test_a_callback_cannot_take_back_what_has_ended_the_trial(trial: Make) -> None:
    result = trial({"epochs": 9, "stop_at": 100.0, "callbacks": [own("Insists")]}).run()
    assert (result.epochs, result.ended_by) == (1, "target")


# ------------------------------------------------------------------------------------------- learning rate
@pytest.mark.parametrize(
    ("when", "rates", "expected"),
    [
        ("train begin", [0.5], [0.5, 0.25, 0.125]),
        ("epoch begin", [0.3, 0.2, 0.1], [0.3, 0.2, 0.1]),
        ("epoch end", [0.5], [1.0, 0.25, 0.125]),
        ("epoch end", [0.0, 0.5], [1.0, 0.0, 0.25]),
    ],
    ids=str,
)
def test_a_rate_that_a_callback_sets_stays_in_force_under_the_schedule(
    trial: Make, when: str, rates: list[float], expected: list[float]
) -> None:
    """The schedule alone would give 1, 0.5, 0.25; what is noted of an epoch is the rate that it was trained with."""
    halving = {"learning_rate": 1.0, "schedule": "step", "decay_rate": 0.5, "decay_epochs": 1, "optimizer": "sgd"}
    result = trial({"epochs": 3, **halving, "callbacks": [own("Rates", when=when, rates=rates)]}).run()
    assert [row["learning_rate"] for row in result.history] == pytest.approx(expected)


def test_a_trial_begins_with_its_own_rate_whatever_the_last_one_had(trial: Make) -> None:
    graphs = Graphs()
    for rate in (0.25, 0.125):
        ours = trial({"epochs": 1, "learning_rate": rate, "callbacks": [own("Whole")]}, graphs=graphs)
        result = ours.run()
        assert result.history[0]["learning_rate"] == rate


# ------------------------------------------------------------------------------------------- the model
def test_evaluate_and_predict_work_within_a_callback_with_the_numbers_of_the_trial(trial: Make) -> None:
    """The second trial shares the graph and has a larger penalty, which its loss must show."""
    graphs = Graphs()
    noted = []
    for l2 in (0.1, 0.7):
        model = MlpSpec.model_validate({"layers": 1, "units": 8, "dropout": 0.4, "regularizer": "l2", "l2": l2})
        training = {"epochs": 1, "learning_rate": 1e-9, "callbacks": [own("Evaluates")]}
        trial(training, model=model, graphs=graphs).run(seed=3)
        noted.append(next(logs for hook, _, logs in Evaluates.last.called if hook == "loss"))
        (graph,) = graphs._graphs.values()
        kernel = np.asarray(graph.model.get_layer("hidden_1").kernel)
        penalty = l2 * float((kernel**2).sum())
        assert noted[-1]["loss"] == pytest.approx(penalty - np.log(noted[-1]["first"]), rel=1e-4)
    assert noted[0]["first"] == pytest.approx(noted[1]["first"], abs=1e-5), "the same weights from the same seed"


def test_a_callback_can_save_the_weights_but_not_the_model(trial: Make, tmp_path: Path) -> None:
    path = tmp_path / "mine.weights.h5"
    model = MlpSpec.model_validate({"layers": 1, "units": 8, "dropout": 0.4})
    trial({"callbacks": [own("Saves", path=str(path), whole=False)]}, model=model).run()
    assert path.stat().st_size > 0
    saving = trial({"callbacks": [own("Saves", path=str(tmp_path / "mine.keras"), whole=True)]}, model=model)
    with pytest.raises(TrainingError, match="a running trial cannot be saved whole; save its weights"):
        saving.run()


# ------------------------------------------------------------------------------------------- pause and resume
def test_a_callback_with_a_state_keeps_it_over_a_pause(trial: Make, tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    made = trial({"epochs": 5, "callbacks": [own("Remembers")]})
    made.run(checkpoint=file, on_epoch=pause_after(2))
    made.run(checkpoint=file)
    assert isinstance(Whole.last, Remembers)
    assert Whole.last.epochs == 5
    assert [number for hook, number, _ in Whole.last.called if hook == "on_epoch_begin"] == [2, 3, 4]


def test_a_callback_without_one_begins_anew(trial: Make, tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    made = trial({"epochs": 3, "callbacks": [own("Whole")]})
    made.run(checkpoint=file, on_epoch=pause_after(2))
    made.run(checkpoint=file)
    assert [hook for hook, _, _ in Whole.last.called].count("on_train_begin") == 1
    assert [number for hook, number, _ in Whole.last.called if hook == "on_epoch_begin"] == [2]


def test_who_stopped_a_trial_and_why_by_step_outlive_its_process(trial: Make, tmp_path: Path, clock: Any) -> None:
    def a_minute_later(report: EpochReport) -> Order:
        clock.tick(60)
        return Order.GO_ON

    file = CheckpointFile(tmp_path / "checkpoint")
    made = trial({"epochs": 5, "callbacks": [own("EveryStep", stop_after=2)]}, plan={"clock": clock})
    first = made.run(checkpoint=file, on_epoch=a_minute_later)
    again = made.run(checkpoint=file)
    assert made.reports == []
    assert (again.stopped_by, again.by_step) == (first.stopped_by, first.by_step) == ("EveryStep", first.by_step)


def test_a_state_that_no_checkpoint_can_hold_is_an_error(trial: Make, tmp_path: Path) -> None:
    made = trial({"callbacks": [own("RemembersArrays")]})
    with pytest.raises(
        TrainingError, match=r"`state\(\)` of RemembersArrays gave what a checkpoint cannot hold .*; return numbers"
    ):
        made.run(checkpoint=CheckpointFile(tmp_path / "checkpoint"), on_epoch=pause_after(1))


# ------------------------------------------------------------------------------------------- what is wrong
def test_what_a_callback_raises_is_the_trials_error(trial: Make) -> None:
    with pytest.raises(RuntimeError, match="no more disk for pictures"):
        trial({"callbacks": [own("Breaks")]}).run()


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("recorders:Hole", TrainingError, r"`recorders` has no class or function `Hole`; did you mean `Whole`\?"),
        ("recorders:HOOKS", TrainingError, r"`recorders` has no class or function `HOOKS`"),
        ("recorders:no_callback", TrainingError, r"`recorders:no_callback` made a dict, no callback; name a class"),
        ("recoders:Whole", UserCodeError, r"module `recoders` cannot be imported: .*; install it, or write the file"),
    ],
)
def test_a_reference_that_leads_to_no_callback_is_refused(trial: Make, reference: str, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        trial({"callbacks": reference}).run()


def test_a_file_that_raises_is_told_with_what_it_raised(trial: Make, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("1 / 0\n")
    with pytest.raises(UserCodeError, match=r"mine.py` raised ZeroDivisionError: division by zero; mend the file"):
        trial({"callbacks": f"{tmp_path}/mine.py:Mine"}).run()
