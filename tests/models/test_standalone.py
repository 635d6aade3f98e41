"""The code that travels with an export."""

import re
from pathlib import Path

from models.standalone import closure, imported, write_standalone


def test_only_what_reads_raw_rows_travels() -> None:
    modules = set(closure("models.exported"))
    assert {"models.exported", "models.data.preprocessor", "models.data.cells"} <= modules
    assert not [m for m in modules if m.startswith(("models.training", "models.families", "models.spec"))]


def test_the_package_imports_nothing_of_ours_by_its_old_name(tmp_path: Path) -> None:
    package = write_standalone(tmp_path)
    sources = {path: path.read_text() for path in package.rglob("*.py")}
    assert len(sources) > 8
    old = re.compile(r"^\s*(from|import) (models|spaces)\b", re.MULTILINE)
    assert not [path for path, text in sources.items() if old.search(text)]


def test_imports_of_modules_and_of_names_are_told_apart() -> None:
    source = "import os\nfrom models.data import cells\ndef f():\n    from models.signature import Task\n"
    assert imported(source) == ["models.data.cells", "models.signature"]
