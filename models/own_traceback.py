"""What the user's code raised: in one line, and as a traceback from the user's own first line on."""

import re
import traceback
from pathlib import Path

from spaces.problems import MendableError

_OURS = (*(str(Path(__file__).parents[1] / room) for room in ("search", "models", "spaces")), "<frozen importlib")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_OPENING = "Exception encountered when calling"
"""How Keras begins what a layer raised; what is wrong comes on the next line."""


def error_words(error: BaseException) -> str:
    """The error in one line, by which failures are compared."""
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()]
    told = lines[1] if len(lines) > 1 and lines[0].startswith(_OPENING) else (lines or [""])[0]
    return f"{type(error).__name__}: {told}".removesuffix(": ")


def own_traceback(error: BaseException) -> str:
    """The traceback without the frames of this project that led to the user's code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = next((place for place, frame in enumerate(frames) if not frame.filename.startswith(_OURS)), None)
    if own is None and isinstance(error, MendableError) and error.__cause__ is None:
        return str(error)  # it names its place itself
    if own is None:
        return _COLOURS.sub("", "".join(traceback.format_exception(error)))
    listed = traceback.StackSummary.from_list(frames[own:]).format()
    chained = "".join(traceback.format_exception(error.__cause__)) if error.__cause__ is not None else ""
    cause = f"{chained}\nwhich led to:\n\n" if chained else ""
    last = traceback.format_exception_only(error)
    return _COLOURS.sub("", "".join([cause, "Traceback (most recent call last):\n", *listed, *last]))
