"""Whether a trial was trained with a call for each step, and why, as its stored result tells; said once in a `run`."""

from pathlib import Path

from models.bundle import BundleError, load_bundle
from search.folder import StudyFolder
from search.progress import Progress, View
from search.study import Outcome


def why_by_step(trial: Path) -> str:
    """Why the trial in that folder was trained step by step, as a clause; empty for whole epochs or no result."""
    try:
        return str(load_bundle(trial).result.get("by_step", ""))
    except BundleError:
        return ""


def by_step_sentence(why: str) -> str:
    """What a person should know of it."""
    return f"trials are trained step by step, because {why}; whole epochs are faster"


class SayingByStep:
    """A view that says after the first trial that has a result whether trials are trained step by step.

    Which callbacks a study has does not vary, so the first such trial speaks for all.
    """

    def __init__(self, view: View, folder: StudyFolder) -> None:
        self._view = view
        self._folder = folder
        self._said = False

    def show(self, progress: Progress) -> None:
        self._view.show(progress)

    def trial_ended(self, number: int, outcome: Outcome) -> None:
        self._view.trial_ended(number, outcome)
        if not self._said and (why := why_by_step(self._folder.trial(number))):
            self._said = True
            self._view.say(f"note: {by_step_sentence(why)}")

    def say(self, line: str) -> None:
        self._view.say(line)

    def close(self) -> None:
        self._view.close()
