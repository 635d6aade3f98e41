"""What a family says when it cannot be built for the data. Knows no framework."""

from models.signature import Signature
from models.spec.shapes import misfit
from spaces.problems import MendableError


class FamilyError(MendableError, ValueError):
    """The study file is to be edited: this family does not fit the data."""


def refuse_unfit(family: str, signature: Signature) -> None:
    """Raises: FamilyError when `family` takes rows of another rank than those of `signature`."""
    unfit = misfit(family, signature.input_shape)
    if unfit is not None:
        raise FamilyError(*unfit)
