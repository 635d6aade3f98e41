"""Rules that hold in every file, so that nobody needs to remember them."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("spaces", "models", "tracking", "search")
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
EMPTY_NAMES = {"utils", "util", "helpers", "common", "misc", "manager"}
LATER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")


def read(*folders: str) -> dict[str, str]:
    """The Python files below `folders`: path from the root -> text."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


CODE = read(*ROOMS)
EVERYTHING = CODE | read("tests", "docs", "examples", "benchmarks")


def test_no_file_is_long() -> None:
    lengths = {name: len(text.splitlines()) for name, text in EVERYTHING.items()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_nothing_is_left_for_later() -> None:
    assert [name for name, text in EVERYTHING.items() if LATER.search(text)] == []


def test_no_file_is_named_after_nothing() -> None:
    assert [name for name in EVERYTHING if Path(name).stem in EMPTY_NAMES] == []


def test_every_file_of_code_says_what_it_holds() -> None:
    assert [name for name, text in CODE.items() if not ast.get_docstring(ast.parse(text))] == []


def test_no_function_is_long() -> None:
    found = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in CODE.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MOST_FUNCTION_LINES
    ]
    assert found == []


def test_nothing_that_a_user_writes_is_evaluated_as_python() -> None:
    called = re.compile(r"(?<![\w.])(eval|exec)\(")
    # an import that leaves statements out
    programs = {"models/self_search.py"}
    assert {name for name, text in CODE.items() if called.search(text)} == programs
