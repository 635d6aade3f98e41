"""Files that search by themselves are run without their searches; what they define is as their searches take it."""

import sys
from pathlib import Path
from types import ModuleType

import keras_tuner
import optuna
import pytest

from models.user_code import LoadedFile, UserCodeError, load_file

TUNER = 'keras_tuner.RandomSearch({}, objective="val_loss", max_trials=1, overwrite=True, directory="found")'
GUIDE = f"""
from __future__ import annotations

import keras_tuner

ran = []


def build(hp):
    return "first"


tuner = {TUNER.format("build")}
tuner.search_space_summary()
rows = [1, 2]
tuner.search(rows, epochs=2)
ran.append("after the search of build")
models = tuner.get_best_models()
best = models[0]


def summary():
    return best.summary()


summary()


class Wide(keras_tuner.HyperModel):
    def __init__(self, width: Unknown):
        self.width = width


def build(hp):
    return "second"


tuner = {TUNER.format("Wide(width=3)")}
tuner.search(rows)
ran.append("after the search of Wide")
last = Wide(width=4)
"""
OPTUNA = """
import optuna


def objective(trial):
    return 1.0


study = optuna.create_study(storage="sqlite:///mine.db", study_name="mine")
limit = 3
study.optimize(objective, n_trials=limit)
print(study.best_value)
found = study.best_params
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def loaded(text: str, wanted: str) -> LoadedFile:
        path = tmp_path / "guide.py"
        path.write_text(text)
        return load_file(path, wanted=wanted)

    return loaded


def line(text: str, words: str, *, nth: int = 0) -> int:
    return [number for number, read in enumerate(text.splitlines(), start=1) if words in read][nth]


def test_a_name_is_what_the_search_that_is_given_it_takes(load) -> None:
    file = load(GUIDE, "build")
    assert file.module.build(None) == "first"
    assert file.module.rows == [1, 2]
    assert file.module.ran == []


def test_what_was_left_out_is_said_with_the_lines_of_all_definitions(load) -> None:
    file = load(GUIDE, "build")
    search, taken, other = line(GUIDE, "tuner.search(rows, "), line(GUIDE, "def build"), line(GUIDE, "def build", nth=1)
    assert file.left_out.words(file.path, "build") == (
        f"guide.py searches by itself in line {search}, which is left out here; "
        f"`build` is that of line {taken}, as in that search, and not that of line {other}"
    )


def test_a_name_that_comes_after_a_search_is_found_without_it(load, tmp_path: Path) -> None:
    file = load(GUIDE, "Wide")
    assert isinstance(file.module.Wide(3), keras_tuner.HyperModel)
    assert file.module.ran == ["after the search of build"]
    assert not (tmp_path / "found").exists()


def test_the_hypermodel_that_a_tuner_is_given_is_known(load) -> None:
    (given,) = load(GUIDE, "Wide").left_out.hypermodels[1:]
    assert given.width == 3


def test_the_last_definition_is_taken_where_no_search_is_given_the_name(load) -> None:
    file = load(GUIDE, "last")
    assert file.module.last.width == 4
    assert file.module.build(None) == "second"
    assert file.module.ran == ["after the search of build", "after the search of Wide"]


@pytest.mark.parametrize("name", ["tuner", "models", "best"])
def test_a_name_that_needs_a_search_is_told_with_its_line(load, name: str) -> None:
    text = GUIDE.split("class Wide")[0]
    problem, mend = load(text, name).why_missing(name)
    at = line(text, "tuner = ")
    assert problem == f"`{name}` comes from the search in line {at} of guide.py, which is not run here"
    assert mend == "name what that search is given: the function that builds models, or the objective"


def test_a_study_of_optuna_is_neither_made_nor_optimised(load, tmp_path: Path) -> None:
    file = load(OPTUNA, "objective")
    assert file.module.objective(None) == 1.0
    assert file.module.limit == 3
    assert file.left_out.ended == line(OPTUNA, "optimize")
    assert not (tmp_path / "mine.db").exists()


def test_a_search_within_a_function_is_left_out_as_well(load) -> None:
    text = (
        OPTUNA.split("study =")[0]
        + "\ndef main():\n    optuna.create_study().optimize(objective)\n\n\nmain()\nend = 1\n"
    )
    file = load(text, "objective")
    assert file.module.end == 1
    assert file.left_out.first == line(text, "main()", nth=1)


def test_libraries_search_again_when_the_file_is_loaded(load) -> None:
    load(OPTUNA, "objective")
    load(GUIDE, "build")
    study = optuna.create_study()
    study.optimize(lambda trial: 1.0, n_trials=1)
    assert len(study.trials) == 1
    assert keras_tuner.engine.base_tuner.BaseTuner.__init__.__qualname__ == "BaseTuner.__init__"


def test_a_file_without_a_search_is_loaded_whole(load) -> None:
    file = load("import keras_tuner\n\n\ndef build(hp):\n    return 1\n\n\nend = build(None)\n", "build")
    assert isinstance(file.module, ModuleType)
    assert file.module.end == 1
    assert file.left_out.words(file.path, "build") == ""


def test_an_unknown_name_of_the_files_own_is_its_error(load) -> None:
    with pytest.raises(
        UserCodeError, match=r"guide.py` raised NameError: name 'nothing' is not defined; mend the file"
    ):
        load("import optuna\nnothing\n", "objective")


GUARDED = """
import optuna


class Objective:
    def __init__(self, rows):
        self.rows = rows

    def __call__(self, trial):
        return self.rows


if __name__ == "__main__":
    rows = 3
    objective = Objective(rows)
    study = optuna.create_study()
    study.optimize(objective, n_trials=10)
    print(1 / 0)
"""


def test_a_library_that_is_not_there_is_to_be_installed(load) -> None:
    told = r"guide.py` raised ModuleNotFoundError: No module named 'no_such_library'; install what it needs"
    with pytest.raises(UserCodeError, match=told):
        load("import optuna\nimport no_such_library\n", "objective")


def test_what_is_made_below_the_guard_of_a_script_is_made_up_to_its_search(load) -> None:
    assert load(GUARDED, "objective").module.objective(None) == 3
    assert "rows" not in vars(load(GUARDED, "Objective").module)


def test_a_script_that_reads_its_command_line_below_the_guard_is_told(load) -> None:
    text = GUARDED.replace("    rows = 3\n", "    import sys\n\n    sys.exit(2)\n")
    with pytest.raises(UserCodeError, match=r"guide.py` raised SystemExit: 2; mend the file"):
        load(text, "objective")


def test_what_another_file_makes_below_its_guard_is_told_its_line(load) -> None:
    problem, mend = load('\nif __name__ == "__main__":\n    build = 3\n', "build").why_missing("build")
    guard = '`if __name__ == "__main__":` in line 2 of guide.py'
    assert problem == f"`build` is made below {guard}, which no import runs"
    assert mend == "move what makes it above that line"


def test_a_name_that_the_text_has_not_is_no_search(load) -> None:
    assert load(OPTUNA, "objective").why_missing("objectives") is None


def test_a_file_imports_its_neighbours(load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "beside_the_guide.py").write_text("width = 7\n")
    monkeypatch.chdir(tmp_path.parent)
    assert load("from beside_the_guide import width\n", "width").module.width == 7
