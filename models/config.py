"""One configuration: every knob of data, model and training with a value. What families and training read."""

from dataclasses import dataclass
from typing import Any

from models.spec.cnn import CnnSpec
from models.spec.code import CodeSpec
from models.spec.data import DataSpec
from models.spec.families import spec_of
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sections import values_of
from models.spec.training import TrainingSpec
from models.spec.varied import Varied


@dataclass(frozen=True, slots=True)
class Config:
    """Specs that hold values only; knobs counted by another (`units` by `layers`) are tuples of that length.

    A knob that does not apply holds its default value.
    """

    data: DataSpec
    model: MlpSpec | CnnSpec | RnnSpec | CodeSpec
    training: TrainingSpec

    def __post_init__(self) -> None:
        for section in (self.data, self.model, self.training):
            open_knobs = [name for name, value in values_of(section).items() if isinstance(value, Varied)]
            if open_knobs:
                raise ValueError(f"a configuration holds values only, but {', '.join(open_knobs)} still varies")

    def values(self) -> dict[str, Any]:
        """The value of every knob by name."""
        own = dict(self.model.space) if isinstance(self.model, CodeSpec) else {}
        return values_of(self.data) | values_of(self.model) | values_of(self.training) | own

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return {
            "data": self.data.model_dump(mode="json"),
            "model": self.model.model_dump(mode="json"),
            "training": self.training.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Config":
        """The configuration that `to_json` wrote. Raises pydantic.ValidationError for anything else."""
        model = spec_of(written["model"]["family"]).model_validate(written["model"])
        return cls(
            data=DataSpec.model_validate(written["data"]),
            model=model,  # type: ignore[arg-type]
            training=TrainingSpec.model_validate(written["training"]),
        )
