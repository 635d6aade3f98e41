"""A study file with an Optuna objective of the user's own: what it means, and every mistake in it."""

import io
import json
from pathlib import Path

import pytest
from spec_text import problems, read

from search.checking import check
from search.spec import json_schema
from search.spec_own_objective import own_search_note
from search.starting import init
from search.study import OPEN_END

TEXT = """\
study: own
objective: {code: train.py:objective, goal: max}
budget: 4
"""
PROGRAM = """
def objective(trial):
    return trial.suggest_float("x", 0, 1)


def of_two(trial, data):
    return 1.0


def with_default(trial, data=None):
    return 1.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(PROGRAM)
    return tmp_path


def test_data_model_and_training_need_not_be_written(folder: Path) -> None:
    study = read(folder, TEXT)
    assert study.is_own_objective
    assert len(study.space) == 0
    assert (study.objective.metric, study.objective.direction.value, study.max_epochs) == ("value", "max", OPEN_END)
    assert study.spec.ensemble is None
    assert study.spec.search.duplicates == "train"


def test_tpe_and_median_are_chosen(folder: Path) -> None:
    choice = read(folder, TEXT).choice
    assert (choice.sampler, choice.pruner.name) == ("tpe", "median")
    assert choice.why.count("objective of your own can be stopped, and cannot pause") == 1


@pytest.mark.parametrize("sampler", ["tpe", "random", "gp"])
def test_a_written_sampler_is_kept_with_median(folder: Path, sampler: str) -> None:
    choice = read(folder, TEXT, f"search={sampler}").choice
    assert (choice.sampler, choice.pruner.name) == (sampler, "median")


def test_the_number_may_have_a_name(folder: Path) -> None:
    assert read(folder, TEXT, "objective.metric=accuracy").objective.metric == "accuracy"


def test_reports_bound_a_trial(folder: Path) -> None:
    assert read(folder, TEXT, "objective.reports=30").max_epochs == 30


def test_a_function_that_reports_seldom_is_not_taken_for_hung(folder: Path) -> None:
    assert read(folder, TEXT).spec.workers.silence == 3_600_000
    assert read(folder, TEXT, "workers=2").spec.workers.count == 2
    assert read(folder, TEXT, "workers.silence=10m").spec.workers.silence == 600


def test_an_argument_with_a_default_may_be_left_out(folder: Path) -> None:
    assert read(folder, TEXT, "objective.code=train.py:with_default").is_own_objective


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("objective={code: 'train.py:objective'}", "whether the objective is to be large or small is not known; add"),
        ("objective.code=train.py", "train.py names no function; write `file.py:objective`"),
        ("objective.code=train.py:objectiv", "`train.py` has no `objectiv`; did you mean `objective`?"),
        ("objective.code=trian.py:objective", "trian.py`; did you mean `train.py`?"),
        (
            "objective.code=train.py:of_two",
            "`of_two` takes 2 arguments, and is called with a `trial`; write a function",
        ),
        ("objective.at=last", "`at` has no effect here: the number that the function returns is the trial's"),
        ("data=sklearn:digits", "`data` has no meaning beside `objective.code`: the function reads its own rows"),
        ("model=mlp", "`model` has no meaning beside `objective.code`: the function builds its own model"),
        ("training.epochs=3", "`training` has no meaning beside `objective.code`: the function trains by itself"),
        ("ensemble=3", "`ensemble` has no meaning beside `objective.code`: its models are not kept"),
        ("keep=3", "`keep` has no meaning beside `objective.code`: its models are not kept"),
        ("confirm=2", "`confirm` has no meaning beside `objective.code`: its trials are not trained again"),
        (
            "limits=['params < 3']",
            "`limits` has no meaning beside `objective.code`: its parameters are known only once",
        ),
        ("objectives=[val_loss, params]", "a function of your own has one objective; leave it out"),
        ("search=cmaes", "the sampler cmaes must know what varies before the first trial; take one of tpe, random, gp"),
        ("search=grid", "the sampler grid must know what varies before the first trial"),
        ("search={driver: keras_tuner}", "the driver keras_tuner must know what varies before the first trial"),
        ("search.pruner=asha", "the pruner asha pauses trials, and a function of your own cannot pause; take median"),
        ("search.pruner=one_epoch", "the pruner one_epoch pauses trials"),
        (
            "search.pruner=hyperband",
            "the pruner hyperband pauses trials, and a function of your own cannot pause; write",
        ),
        ("search.pruner={name: patient, pruner: asha}", "the pruner asha pauses trials"),
        ("search.pruner={name: hyperband, promote: false}", "plans by how often a trial reports, which is not known"),
        ("search.pruner=extrapolate", "the pruner extrapolate plans by how often a trial reports"),
        ("search.duplicates=skip", "two trials cannot be told to be alike before the function has asked for all"),
    ],
)
def test_a_mistake_is_told_once(folder: Path, override: str, told: str) -> None:
    found = problems(folder, TEXT, override)
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize("pruner", ["{name: hyperband, promote: false}", "extrapolate"])
def test_a_pruner_that_plans_is_taken_with_reports(folder: Path, pruner: str) -> None:
    overrides = (f"search.pruner={pruner}", "objective.reports=27")
    assert read(folder, TEXT, *overrides).choice.pruner.name in pruner


@pytest.mark.parametrize("pruner", ["median", "percentile", "successive_halving", "patient", "none"])
def test_a_pruner_that_stops_is_taken(folder: Path, pruner: str) -> None:
    assert read(folder, TEXT, f"search.pruner={pruner}").choice.pruner.name == pruner


def test_reports_are_those_of_a_function(folder: Path) -> None:
    text = "study: own\ndata: sklearn:digits\nobjective: {metric: val_accuracy, reports: 3}\nbudget: 1\n"
    (told,) = problems(folder, text)
    assert "`reports` counts what a function of your own reports, and there is none" in told


def test_a_file_that_searches_when_it_is_imported_is_taken_and_check_says_the_line(folder: Path) -> None:
    search = "\n\nstudy = optuna.create_study()\nstudy.optimize(objective, n_trials=3)\n"
    (folder / "train.py").write_text(PROGRAM + search)
    out = io.StringIO()
    assert check(read(folder, TEXT), build=False, stream=out) == 0
    assert "note: train.py searches by itself in line 15, which is left out here" in out.getvalue()
    guarded = '\n\nif __name__ == "__main__":\n    study.optimize(objective, n_trials=3)\n'
    (folder / "train.py").write_text(PROGRAM + guarded)
    assert own_search_note("train.py:objective", folder) == ""


def test_trials_that_a_file_puts_in_its_own_queue_are_said_to_have_no_effect(folder: Path) -> None:
    queue = "\n\ndef main():\n    study = optuna.create_study()\n    study.enqueue_trial({'x': 0})\n"
    (folder / "train.py").write_text(PROGRAM + queue)
    told = own_search_note("train.py:objective", folder)
    assert told == "`enqueue_trial` in line 16 of train.py has no effect here"
    (folder / "train.py").write_text(PROGRAM + queue + "\n\nstudy = main()\nstudy.optimize(objective)\n")
    told = own_search_note("train.py:objective", folder)
    assert told.startswith("train.py searches by itself in line 20, which is left out here; `enqueue_trial` in line 16")


def test_a_class_with_arguments_is_told_before_any_trial(folder: Path) -> None:
    made = "class Objective:\n    def __init__(self, rows):\n        self.rows = rows\n\n\nobjective = Objective([1])\n"
    (folder / "train.py").write_text(made)
    assert read(folder, TEXT).is_own_objective
    (told,) = problems(folder, TEXT.replace("train.py:objective", "train.py:Objective"))
    assert "the class `Objective` needs arguments; make an instance in the file, `objective = Objective(...)`" in told


@pytest.mark.parametrize("name", ["Objective", "objective", "other"])
def test_init_knows_an_object_that_is_called_with_a_trial(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "train.py").write_text(
        "class Objective:\n    def __call__(self, trial):\n        return 1.0\n\n\n"
        'other = Objective()\nif __name__ == "__main__":\n    objective = Objective()\n'
    )
    assert init(f"train.py:{name}", Path("first.yaml"), stream=io.StringIO()) == 0
    assert f"objective: {{code: train.py:{name}, goal: max}}" in (folder / "first.yaml").read_text()


def test_the_last_function_of_a_name_is_looked_at(folder: Path) -> None:
    (folder / "train.py").write_text("def objective(trial, rows):\n    return 1\n\n\n" + PROGRAM)
    assert read(folder, TEXT).is_own_objective


def test_a_line_of_the_file_is_named(folder: Path) -> None:
    (told,) = problems(folder, TEXT + "search: {sampler: cmaes}\n")
    assert told.startswith("space.yaml:4:")


def test_the_schema_wants_data_or_a_function() -> None:
    schema = json_schema()
    assert "data" not in schema["required"]
    assert {"required": ["data"]} in schema["anyOf"]


def test_check_says_when_the_parameters_are_found(folder: Path) -> None:
    out = io.StringIO()
    assert check(read(folder, TEXT), build=True, stream=out) == 0
    assert "train.py:objective says what varies when the trials call it" in out.getvalue()


def test_init_knows_a_function_of_a_trial(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert init("train.py:objective", Path("first.yaml"), stream=io.StringIO()) == 0
    written = (folder / "first.yaml").read_text()
    assert "objective: {code: train.py:objective, goal: max}" in written
    assert read(folder, written, name="again.yaml").is_own_objective


def test_the_resolved_study_is_plain_data(folder: Path) -> None:
    resolved = read(folder, TEXT).resolved()
    assert json.loads(json.dumps(resolved))["objective"]["code"] == "train.py:objective"
