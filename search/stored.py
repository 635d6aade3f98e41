"""A finished or running study on disk, opened for reading by name or folder. Changes nothing."""

from dataclasses import dataclass
from pathlib import Path

from models.objective import Aim, Objective
from search.folder import StudyFolder
from search.history import History, history_of
from search.lock import Lock
from search.record import Record
from search.spec_confirm import ConfirmSpec
from search.study import RecordedTrial
from spaces.problems import MendableError, did_you_mean
from spaces.space import Space

DEFAULT_ROOT = Path("studies")


class NoStudyError(MendableError):
    """There is no such study."""


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """What a stored study was, and its trials so far. aims: where it has several objectives, the first included."""

    name: str
    folder: StudyFolder
    objective: Objective
    seed: int
    trials: tuple[RecordedTrial, ...]
    confirm: ConfirmSpec | None = None
    aims: tuple[Aim, ...] = ()

    @classmethod
    def open(cls, study: str) -> "StoredStudy":
        """The study of that name under `studies/`, or in that folder. Raises NoStudyError, LockError, RecordError."""
        folder = StudyFolder(_find(study))
        lock = Lock.read(folder.lock)
        if not folder.record.exists():
            # opening the record would begin it
            raise NoStudyError(
                f"{folder.root} has no trials yet ({folder.record.name} is not there); run its study file"
            )
        name = str(lock.spec["study"])
        record = Record.open(
            folder.record_url,
            study=name,
            direction=lock.objective.direction,
            space=Space.from_json(lock.space),
            aims=lock.aims,
        )
        try:
            written = lock.spec.get("confirm")
            confirm = None if written is None else ConfirmSpec.model_validate(written)
            return cls(name, folder, lock.objective, int(lock.spec["seed"]), record.trials(), confirm, lock.aims)
        finally:
            record.close()

    def history(self) -> History | None:
        """What was imported into it, if anything. Raises LockError, HistoryError."""
        space = Space.from_json(Lock.read(self.folder.lock).space)
        return history_of(self.folder.history, self.objective, space)


def _find(study: str) -> Path:
    for root in (DEFAULT_ROOT / study, Path(study)):
        if StudyFolder(root).lock.exists():
            return root
    known = [p.parent.name for p in sorted(DEFAULT_ROOT.glob("*/space.lock.json"))]
    mend = did_you_mean(study, known) if known else "run a study file first: python -m search run space.yaml"
    raise NoStudyError(f"there is no study `{study}` under {DEFAULT_ROOT}/ nor a study in the folder {study}; {mend}")
