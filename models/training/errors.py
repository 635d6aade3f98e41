"""What training may end in besides a result, named by the reaction wanted. Knows no framework."""

from spaces.problems import MendableError


class TrainingError(MendableError, ValueError):
    """The study file is to be edited: the configuration cannot be trained as written."""


class CheckpointError(Exception):
    """The checkpoint cannot be used; the trial can be trained again from its first epoch."""


class OutOfMemory(Exception):  # noqa: N818  # named by what happened, as the reason is recorded
    """The configuration does not fit in memory; record the trial and go on with others."""
