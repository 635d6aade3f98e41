"""The driver keras_tuner in a study file: its oracle, what it cannot do, and where that is told."""

from pathlib import Path

import pytest

from search.spec import StudyFile, load
from spaces.problems import SpecError
from tests.search.rehearsal import Rehearsal

STUDY = """\
study: tuned
data: sklearn:iris
objective: val_accuracy
model:
  layers: {int: [1, 3]}
  units: {int: [4, 64], per: layers}
training: {epochs: 9, learning_rate: {float: [1e-3, 1e-1], log: true}}
search: {driver: keras_tuner}
budget: {trials: 4}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)


def loaded(folder: Path, *overrides: str, text: str = STUDY) -> StudyFile:
    (folder / "space.yaml").write_text(text)
    return load(folder / "space.yaml", overrides)


def told(folder: Path, *overrides: str, text: str = STUDY) -> str:
    """The one problem there is, without the folder."""
    with pytest.raises(SpecError) as error:
        loaded(folder, *overrides, text=text)
    assert len(error.value.problems) == 1, str(error.value)
    return str(error.value).removeprefix(f"{folder}/")


def test_keras_tuner_alone_takes_the_bayesian_oracle_and_optuna_auto(tmp_path: Path) -> None:
    search = loaded(tmp_path).spec.search
    assert (search.oracle, search.sampler, search.suggester) == ("bayesian", None, "bayesian")
    search = loaded(tmp_path, "search.driver=optuna").spec.search
    assert (search.oracle, search.sampler, search.suggester) == (None, "auto", "auto")


def test_what_is_left_out_is_read_back_as_it_was_resolved(tmp_path: Path) -> None:
    resolved = loaded(tmp_path).resolved()["search"]
    assert resolved["sampler"] is None
    assert type(loaded(tmp_path).spec.search).model_validate(resolved) == loaded(tmp_path).spec.search


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (
            "{driver: keras_tuner, sampler: tpe}",
            "space.yaml:8:40 search.sampler: the driver keras_tuner makes no use of it; write `oracle` in its place, "
            "or `driver: optuna`",
        ),
        (
            "{driver: optuna, oracle: random}",
            "space.yaml:8:34 search.oracle: the driver optuna makes no use of it; write `sampler` in its place, "
            "or `driver: keras_tuner`",
        ),
        ("{oracle: random}", "space.yaml:8:18 search.oracle: the driver optuna makes no use of it"),
        (
            "{driver: keras_tuner, oracle: bayes}",
            "space.yaml:8:39 search.oracle: bayes is not one of them; did you mean `bayesian`?",
        ),
        (
            "{driver: keras_tuner, oracle: random, startup_trials: 5}",
            "search.startup_trials: the oracle random makes no use of it; leave it out, or take the oracle bayesian",
        ),
        (
            "{driver: keras_tuner, grid_points: 5}",
            "search.grid_points: the oracle bayesian makes no use of it; leave it out, or take the oracle grid",
        ),
        (
            "{driver: keras_tuner, duplicates: train}",
            "space.yaml:8:43 search.duplicates: KerasTuner suggests no configuration twice; leave it out",
        ),
        (
            "{driver: keras_tuner, oracle: hyperband, pruner: asha}",
            "space.yaml:8:58 search.pruner: the oracle hyperband says itself which trials pause and go on, and so does "
            "asha; write `pruner: none`, or a pruner that stops trials",
        ),
        (
            "{driver: keras_tuner, oracle: hyperband, pruner: {name: one_epoch}}",
            "search.pruner: the oracle hyperband says itself which trials pause and go on, and so does one_epoch",
        ),
    ],
)
def test_what_an_oracle_cannot_do_is_told_where_it_stands(tmp_path: Path, search: str, message: str) -> None:
    assert message in told(tmp_path, text=STUDY.replace("{driver: keras_tuner}", search))


def test_a_condition_that_keras_tuner_cannot_express_is_told_with_its_line(tmp_path: Path) -> None:
    when = "units: {int: [4, 64], per: layers, when: learning_rate > 0.01}"
    message = told(tmp_path, text=STUDY.replace("units: {int: [4, 64], per: layers}", when))
    assert message.startswith("space.yaml:6:44 model.units.when: KerasTuner cannot express its condition: ")
    assert message.endswith(
        "hangs on `learning_rate`, which has endless values; "
        "write it as comparisons of one parameter with values, joined by `and`, or take `driver: optuna`"
    )


@pytest.mark.parametrize("pruner", ["median", "asha", "one_epoch", "successive_halving", "none"])
@pytest.mark.parametrize("oracle", ["random", "bayesian", "grid"])
def test_any_pruner_goes_with_an_oracle_without_rounds(tmp_path: Path, oracle: str, pruner: str) -> None:
    search = loaded(tmp_path, f"search.oracle={oracle}", f"search.pruner={pruner}").spec.search
    assert (search.oracle, search.pruner.name) == (oracle, pruner)


def test_counted_layers_are_parents_of_their_units(tmp_path: Path) -> None:
    assert loaded(tmp_path, "search.oracle=grid").space.names[:2] == ("layers", "units.1")


# ---------------------------------------------------------------------------------- whole studies on simulated time
ORACLE = "search={driver: keras_tuner, oracle: %s, pruner: none}"


def test_the_oracle_makes_the_suggestions() -> None:
    rates = {}
    for oracle in ("random", "grid"):
        rehearsal = Rehearsal().run(f"study={oracle}", ORACLE % oracle)
        rates[oracle] = rehearsal.rates
    assert len(rates["random"]) == len(rates["grid"]) == 4
    assert rates["random"] != rates["grid"]


def test_a_study_of_a_grid_ends_when_it_is_exhausted() -> None:
    text = Rehearsal().run(ORACLE % "grid", "budget.trials=99").text
    assert "stopped: the search space is exhausted" in text


def test_a_hyperband_study_promotes_the_best_and_stores_no_trial_twice() -> None:
    rehearsal = Rehearsal().run(ORACLE % "hyperband", "training.epochs=9", "budget={trials: 12}")
    epochs = {int(row["trial"]): int(row["epochs"]) for row in rehearsal.rows}
    assert len(epochs) == 12
    assert max(epochs.values()) == 9
    assert sorted(epochs.values())[:6] == [1] * 6
    best = max(rehearsal.rows, key=lambda row: float(row["learning_rate"]))
    assert best["epochs"] == "9"
    assert "goes on after epoch 1  promoted to epoch 3" in rehearsal.text


@pytest.mark.parametrize("pruner", ["asha", "median", "{name: threshold, lower: 0.3, warmup_epochs: 2}"])
def test_a_pruner_works_beside_an_oracle(pruner: str) -> None:
    search = f"search={{driver: keras_tuner, oracle: random, pruner: {pruner}}}"
    rehearsal = Rehearsal().run(search, "training.epochs=9", "budget={trials: 16}")
    states = [row["state"] for row in rehearsal.rows]
    assert states.count("COMPLETE") >= 1
    assert states.count("PRUNED") >= 1


def test_a_pruner_that_stops_trials_works_inside_the_rounds() -> None:
    pruner = "{name: threshold, lower: 0.3, warmup_epochs: 1}"
    search = f"search={{driver: keras_tuner, oracle: hyperband, pruner: {pruner}}}"
    rehearsal = Rehearsal().run(search, "training.epochs=9", "budget={trials: 17}", "limits=['learning_rate <= 0.85']")
    assert len(rehearsal.rows) >= 17
    assert "goes on after epoch 1" in rehearsal.text
