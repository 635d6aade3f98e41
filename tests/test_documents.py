"""README and docs against the code: links lead somewhere, commands parse, study files load."""

import json
import re
import runpy
from pathlib import Path

import pytest

from search.cli import _parser
from search.spec import json_schema, load
from spaces.problems import SpecError
from tests.reading import COMMAND, PAGES, ROOT, Fence, all_fences, anchors, arguments, fences, inline_commands, links

INFOS = {"", "sh", "console", "yaml", "yaml part", "yaml wrong", "python", "text"}
LEAST = {"data": "sklearn:digits", "budget": "20"}
"""What a part of a study file needs to be a whole one."""


def named(fence: Fence) -> str:
    return fence.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page):
    lost = []
    for link in links(page):
        if re.match(r"https?:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (heading and heading not in anchors(target)):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page):
    unknown = {fence.place: fence.info for fence in fences(page) if fence.info not in INFOS}
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_a_page_is_one_that_the_parser_takes(page):
    typed = [command for fence in fences(page) for command in fence.commands if command.startswith(COMMAND)]
    patterns = ("...", "<")
    whole = [c for c in (*typed, *inline_commands(page)) if not any(sign in c for sign in patterns)]
    assert [command for command in whole if not parses(command)] == []


@pytest.mark.parametrize("fence", all_fences("yaml"), ids=named)
def test_every_study_file_in_a_page_loads(fence, tmp_path):
    written(tmp_path, (ROOT / "examples" / "own_model.py").read_text(encoding="utf-8"), "own_model.py")
    written(tmp_path, (ROOT / "examples" / "own_objective.py").read_text(encoding="utf-8"), "own_objective.py")
    written(tmp_path, "def load(): ...\n", "rows.py")
    load(written(tmp_path, fence.text))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_callbacks_of_the_guide_train_a_trial(tmp_path):
    """Which is step by step, and ends as they say."""
    from models.bundle import load_bundle
    from models.training.graphs import Graphs
    from search.open_study import OpenStudy
    from search.study import Cause, Decision, Suggestion
    from search.trial import Calls, Warm, run_trial

    guide = ROOT / "docs" / "study-file.md"
    (part,) = [f for f in fences(guide) if f.info == "yaml part" and f.heading == "Your own callbacks"]
    write_files(tmp_path, part)
    rest = f"folder: {tmp_path}\n" + "".join(f"{key}: {value}\n" for key, value in LEAST.items())
    study = OpenStudy.open(load(written(tmp_path, part.text.replace("gap: 0.8", "gap: -9") + rest)))
    task = study.task_of(Suggestion(0, {}, 4))
    outcome = run_trial(
        task, Calls(lambda history, trained_s: None, lambda report: Decision.go_on()), warm=Warm(Graphs())
    )
    assert (outcome.cause, outcome.reason, outcome.epochs) == (Cause.CALLBACK, "stopped by Overfit", 1), outcome
    assert load_bundle(task.folder).result["by_step"] == "MaxNorm has on_train_batch_end"


@pytest.mark.parametrize("fence", all_fences("yaml part"), ids=named)
def test_every_part_of_a_study_file_in_a_page_loads_within_a_whole_one(fence, tmp_path):
    write_files(tmp_path, fence)
    rest = [f"{key}: {value}\n" for key, value in LEAST.items() if not re.search(rf"^{key}:", fence.text, re.MULTILINE)]
    load(written(tmp_path, fence.text + "".join(rest)))


@pytest.mark.parametrize("fence", all_fences("yaml wrong"), ids=named)
def test_every_wrong_study_file_in_a_page_is_refused(fence, tmp_path):
    with pytest.raises(SpecError):
        load(written(tmp_path, fence.text))


@pytest.mark.parametrize("fence", all_fences("yaml wrong"), ids=named)
def test_the_answer_to_a_wrong_study_file_is_quoted_in_full(fence, tmp_path):
    """A wrong file that is followed by a quoted `check` of it gets these very lines as its answer."""
    quoted = [
        f for f in fences(fence.page) if f.info == "console" and f.line > fence.line and f.heading == fence.heading
    ]
    if not quoted:
        pytest.skip("no answer is quoted")
    answer = list(quoted[0].shown)
    name = answer[0].partition(":")[0]
    with pytest.raises(SpecError) as caught:
        load(written(tmp_path, fence.text, name))
    told = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert [line for line in answer if line.startswith(name)] == told


@pytest.mark.parametrize("fence", [f for f in all_fences("python") if f.page.parent.name == "decisions"], ids=named)
def test_what_a_decision_claims_in_python_is_so(fence, tmp_path):
    script = tmp_path / "claim.py"
    script.write_text(fence.text, encoding="utf-8")
    runpy.run_path(str(script))


def test_every_figure_of_a_decision_has_a_command_that_is_there():
    commands = [command for fence in all_fences("console") for command in fence.commands]
    scripts = [command.split()[1] for command in commands if not command.startswith(COMMAND)]
    assert scripts
    assert [name for name in scripts if not (ROOT / name).is_file()] == []


def test_every_section_of_the_study_file_is_in_the_guide():
    guide = (ROOT / "docs" / "study-file.md").read_text(encoding="utf-8")
    absent = [key for key in json_schema()["properties"] if not re.search(rf"\b{key}\b", guide)]
    assert not absent, json.dumps(absent)


def test_the_readme_says_how_to_install_and_test_as_the_packaging_does():
    commands = [command for fence in fences(ROOT / "README.md") for command in fence.commands]
    installs = {command for command in commands if command.startswith("pip install")}
    assert installs == {"pip install .", "pip install '.[test]'"}
    assert "\ntest = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "python -m pytest" in commands


def test_the_checks_of_every_change_run_the_test_command_of_the_readme():
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip("there is no .ci/run")
    assert "-m pytest" in script.read_text(encoding="utf-8")


def parses(command: str) -> bool:
    try:
        _parser().parse_args(arguments(command))
    except SystemExit as stop:
        return stop.code == 0  # `--help`
    return True


def write_files(folder: Path, part: Fence) -> None:
    """Writes the Python files that are shown under the heading of `part`: blocks that begin with `# name.py`."""
    for fence in fences(part.page):
        name = re.match(r"# (\w+\.py)\n", fence.text)
        if fence.info == "python" and fence.heading == part.heading and name:
            written(folder, fence.text, name[1])


def written(folder: Path, text: str, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
