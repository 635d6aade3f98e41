"""Documents as a reader sees them: their fences, commands and links. Runs nothing."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
COMMAND = "python -m search "
PROMPT = "$ "
LEFT_OUT = "..."
"""A line of its own where a quoted output was shortened."""


@dataclass(frozen=True)
class Fence:
    """A fenced block: its page, line and heading, what stands behind the backticks, and its text."""

    page: Path
    line: int
    heading: str
    info: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def commands(self) -> tuple[str, ...]:
        """What the reader types: lines of `sh`, lines behind a prompt of `console`; `a && b` is two."""
        if self.info == "sh":
            lines = [line for line in self.text.splitlines() if line.strip()]
        elif self.info == "console":
            lines = [line.removeprefix(PROMPT) for line in self.text.splitlines() if line.startswith(PROMPT)]
        else:
            return ()
        typed = (part.split("  #")[0].strip() for line in lines for part in line.split("&&"))
        return tuple(part for part in typed if part and not part.startswith("#"))

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines of output in a `console` block that were not left out."""
        if self.info != "console":
            return ()
        lines = self.text.splitlines()
        return tuple(line for line in lines if line.strip() and line != LEFT_OUT and not line.startswith(PROMPT))


def fences(page: Path) -> Iterator[Fence]:
    """The fenced blocks of `page`. Raises AssertionError for one that is not closed."""
    heading, opened, info, held = "", 0, "", list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if opened:
                yield Fence(page, opened, heading, info, "\n".join(held) + "\n")
                opened, held = 0, []
            else:
                opened, info = number, line.removeprefix("```").strip()
        elif opened:
            held.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("#").strip()
    assert not opened, f"{page}:{opened}: the block is not closed"


def all_fences(*kinds: str) -> list[Fence]:
    """The blocks of all pages that have one of these words behind their backticks."""
    return [fence for page in PAGES for fence in fences(page) if fence.info in kinds]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """Where the links and pictures of `page` lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def anchors(page: Path) -> set[str]:
    """The names under which GitHub shows the headings of `page`."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def inline_commands(page: Path) -> list[str]:
    """`python -m search ...` within a line of text."""
    spans = re.findall(r"`([^`]+)`", " ".join(prose(page).split()))
    return [span for span in spans if span.startswith(COMMAND)]


def arguments(command: str) -> list[str]:
    """The arguments of a `python -m search ...`."""
    return shlex.split(command.removeprefix(COMMAND), comments=True)
