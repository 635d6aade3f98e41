"""When failures of trials end a study. Pure rules."""

from collections.abc import Sequence

IDENTICAL_FAILURES = 3
"""So many trials in a row that fail alike end the study: it is a bug, not a bad configuration."""
FATAL = ("FatalError", "FatalValueError", "FatalTypeError", "FatalRuntimeError")
"""Errors of KerasTuner by which a program ends its search."""
NO_CODE = ("UserCodeError", "NoObjectiveError")
"""Errors of code that cannot be loaded: every trial would fail by them."""
FAILED_TRIAL = "FailedTrialError"
"""The error of KerasTuner by which a program says that a configuration is none."""


def why_ended(failures: Sequence[str]) -> str | None:
    """Why a study ends whose last trials failed in a row for the reasons `failures`, or None."""
    if failures and _kind(failures[-1]) in FATAL:
        return f"the code ends the search: {failures[-1]}"
    if failures and _kind(failures[-1]) in NO_CODE:
        return f"no trial can run: {failures[-1].partition(': ')[2]}"
    last = failures[-IDENTICAL_FAILURES:]
    if len(last) == IDENTICAL_FAILURES and len(set(last)) == 1:
        return f"{IDENTICAL_FAILURES} trials in a row failed alike: {last[-1]}"
    return None


def is_no_configuration(error: BaseException) -> bool:
    """Whether the code says by `error` that the trial's configuration is none, which is no failure of the code."""
    kind = type(error)
    return kind.__name__ == FAILED_TRIAL and kind.__module__.partition(".")[0] == "keras_tuner"


def _kind(reason: str) -> str:
    return reason.partition(":")[0]
