"""What is installed, where it is imported from, and what the light commands load."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import models
import search
import spaces
import tracking

ROOT = Path(__file__).parents[1]
ROOMS = (spaces, models, tracking, search)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = {
    "cmaes",
    "keras",
    "keras_tuner",
    "matplotlib",
    "mlflow",
    "optuna",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "tensorflow",
    "torch",
}
LIGHT = {
    "help": ["--help"],
    "schema": ["schema"],
    "check": ["check", str(ROOT / "examples" / "digits.yaml")],
}


def sources(folder: Path) -> dict[str, bytes]:
    """Every source file of the rooms below `folder`, by its path from there."""
    names = [room.__name__ for room in ROOMS]
    return {
        str(path.relative_to(folder)): path.read_bytes() for name in names for path in (folder / name).rglob("*.py")
    }


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder from which a command that is run elsewhere imports the rooms."""
    code = "import search; print(search.__path__[0])"
    where = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run([sys.executable, "-c", code], cwd=where, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()).parent


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_the_tests_import_the_rooms_of_this_checkout(room) -> None:
    assert Path(room.__file__).parent == ROOT / room.__name__


def test_the_installed_commands_are_the_code_of_this_checkout(installed: Path) -> None:
    ours, theirs = sources(ROOT), sources(installed)
    assert ours.keys() == theirs.keys(), "install the project again"
    assert [name for name in ours if ours[name] != theirs[name]] == [], "install the project again"


def test_every_package_is_in_the_wheel() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for path in (ROOT / room.__name__).rglob("__init__.py")
    }
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(found)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_folder_with_code_is_a_package(room) -> None:
    folders = {path.parent for path in Path(room.__file__).parent.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def names_of(requirements: list[str]) -> set[str]:
    """The distributions that requirements such as `mlflow>=3.17,<4` name."""
    return {normal(re.split(r"[^\w.-]", line)[0]) for line in requirements}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_is_imported_is_required() -> None:
    from_source = re.compile(rb"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
    imported = {name.decode() for text in sources(ROOT).values() for name in from_source.findall(text)}
    comes_with = {"pydantic_core", "threadpoolctl"}  # of pydantic, which fixes its version, and of scikit-learn
    optional = PROJECT["project"]["optional-dependencies"]["keras_tuner"]
    required = names_of([*PROJECT["project"]["dependencies"], *optional])
    distributions = importlib.metadata.packages_distributions()
    ours = {room.__name__ for room in ROOMS}
    from_others = {name for name in imported - ours - comes_with if name in distributions}
    assert {name for name in from_others if not {normal(d) for d in distributions[name]} & required} == set()


def test_the_tested_set_is_names_and_versions_of_all_that_is_required() -> None:
    pin = re.compile(r'([a-z0-9-]+)==[\w.+!]+(; python_version (<|>=) "3\.\d+")?')
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not pin.fullmatch(line)] == []
    tests = PROJECT["project"]["optional-dependencies"]["test"]
    assert names_of([*PROJECT["project"]["dependencies"], *tests]) <= {line.split("==")[0] for line in lines}


@pytest.mark.parametrize("arguments", LIGHT.values(), ids=LIGHT)
def test_light_commands_load_no_framework_and_answer_in_well_under_a_second(
    arguments: list[str], tmp_path: Path
) -> None:
    """Seconds of the processor, which a busy machine does not stretch as it does the clock's."""
    code = (
        "import json, sys, time\n"
        "from search.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "names = sorted({name.partition('.')[0] for name in sys.modules})\n"
        "print('\\n' + json.dumps([time.process_time(), names]))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    seconds, loaded = json.loads(done.stdout.splitlines()[-1])
    assert "search" in loaded
    assert set(loaded) & HEAVY == set()
    assert seconds < 1.0
