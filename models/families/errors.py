"""What a family says when it cannot be built for the data. Knows no framework."""

from spaces.problems import MendableError


class FamilyError(MendableError, ValueError):
    """The study file is to be edited: this family does not fit the data."""
