"""What the user's own code was found to ask for before the first trial. Knows no process that finds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.code.hyperparameters import Known
from spaces.space import Space


@dataclass(frozen=True, slots=True)
class Found:
    """space: of the code alone. places: where each parameter was asked for. notes: sentences for a person.

    metrics: what the model measures, as far as it tells without data.
    """

    space: Space
    places: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    @property
    def known(self) -> dict[str, Known]:
        """By name, as a worker is told."""
        return {d.name: Known(d.domain, self.places.get(d.name, "")) for d in self.space.dimensions}

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return {
            "space": self.space.to_json(),
            "places": dict(self.places),
            "notes": list(self.notes),
            "metrics": list(self.metrics),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Found":
        return cls(Space.from_json(stored["space"]), stored["places"], tuple(stored["notes"]), tuple(stored["metrics"]))
