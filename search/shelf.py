"""The files that the ended trials of a study keep on disk: measured when a trial ends, deleted when they are too many.

What to delete is said by `search.keep`. Trials that may still go on are not on the shelf.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from models.bundle import DELETED, delete_bundle, why_deleted
from models.objective import Direction
from search.folder import StudyFolder
from search.front import Aims, Standing
from search.keep import Keep, Kept, surplus
from search.study import Outcome, RecordedTrial
from search.telling import LOG_NAME

_STAY = (LOG_NAME, DELETED)
"""Some kilobytes, for people, and for the tracker that may not have read them yet."""


class Shelf:
    """The kept files of one study; `say` tells a person what could not be deleted.

    aims: of a study with several objectives; `direction` is that of the first.
    """

    def __init__(
        self, folder: StudyFolder, keep: Keep, direction: Direction, *, say: Callable[[str], None], aims: Aims = ()
    ) -> None:
        self._folder = folder
        self._keep = keep
        self._direction = direction
        self._aims = aims
        self._say = say
        self._kept: dict[int, Kept] = {}
        self._said: set[str] = set()
        self._spared: set[int] = set()

    def take_up(self, trials: Sequence[RecordedTrial]) -> None:
        """Puts all ended trials of earlier commands on the shelf, and what a killed one had half deleted."""
        self.spare([trial.suggestion.repeat.of for trial in trials if trial.suggestion.repeat is not None])
        for trial in trials:
            if trial.outcome is not None:
                self._measure(trial.number, trial.outcome)
        self.sweep()

    def spare(self, numbers: Iterable[int]) -> None:
        """Leaves the files of these trials alone: they are confirmed, and the best of them is not known yet."""
        self._spared.update(numbers)

    def put(self, number: int, outcome: Outcome) -> None:
        """Trial `number` has ended, and is recorded."""
        self._measure(number, outcome)
        self.sweep()

    def sweep(self) -> None:
        """Deletes what is too much. The members of the study's last ensemble stay, and so do confirmed trials."""
        kept, spared = list(self._kept.values()), self._members() | self._spared
        for one in surplus(kept, self._direction, keep=self._keep, spared=spared, aims=self._aims):
            self._delete(one.number, one.why)
            del self._kept[one.number]

    def _measure(self, number: int, outcome: Outcome) -> None:
        folder = self._folder.trial(number)
        size, why = size_of(folder), why_deleted(folder)
        if size > 0 and why is not None:
            self._delete(number, why)
        elif size > 0:
            standing = Standing.of(number, outcome, self._aims) if self._aims else None
            self._kept[number] = Kept(number, outcome.objective, size, standing)

    def _delete(self, number: int, why: str) -> None:
        folder = self._folder.trial(number)
        try:
            delete_bundle(folder, why=why, spared=_STAY)
        except OSError as error:
            self._say_once(f"the files in {folder} cannot be deleted ({error.strerror}); they stay")

    def _members(self) -> frozenset[int]:
        """The trials of the last ensemble; a missing or damaged one has none."""
        try:
            stored = json.loads(self._folder.ensemble.read_text())
            return frozenset(member["trial"] for member in stored["members"])
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def size_of(folder: Path) -> int:
    """Bytes of the files in a trial's folder that may be deleted; 0 when there are none."""
    try:
        return sum(path.stat().st_size for path in folder.iterdir() if path.is_file() and path.name not in _STAY)
    except OSError:
        return 0
