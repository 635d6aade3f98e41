"""One finished trial on disk: its model, configuration, result and predictions. Knows no study and no data
set.

`manifest.json` is written last and holds the checksums of the others: without it the bundle is not there.
Keras is loaded only to save or open the model.
"""

import dataclasses
import json
import math
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from models.config import Config
from models.files import checksum, replacing, write_json
from spaces.problems import MendableError

MODEL, CONFIG, PREDICTIONS, MANIFEST = "model.keras", "config.json", "predictions.npz", "manifest.json"
DELETED = "deleted.json"
"""Says why a bundle was deleted; means nothing beside a manifest."""
FORMAT = 1


class BundleError(MendableError):
    """A stored trial is missing or damaged: `problem` names the file, `mend` says what to do."""


class DeletedError(BundleError):
    """A stored trial was there and has been deleted on purpose."""


class Result(Protocol):
    """Any dataclass of plain values, such as `models.training.fit.FitResult`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle. Every part is read, and checked against its checksum, when it is asked for.

    result: the fields of the result that was saved; tuples come back as lists.
    Raises: BundleError when a file is damaged.
    """

    folder: Path
    result: Mapping[str, Any]
    checksums: Mapping[str, str]

    @property
    def config(self) -> Config:
        """The trial's configuration."""
        return Config.from_json(json.loads(self._checked(CONFIG).read_text(encoding="utf-8")))

    @property
    def predictions(self) -> dict[str, NDArray[np.float32]]:
        """Part (`validation`, `test`) -> predictions (n_rows, n_outputs) at the best epoch, in its rows'
        order."""
        try:
            with np.load(self._checked(PREDICTIONS), allow_pickle=False) as stored:
                return {part: stored[part] for part in stored.files}
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            raise _damaged(self.folder / PREDICTIONS, str(error)) from error

    def model(self) -> Any:
        """The `keras.Model` with the weights of the best epoch, not compiled; a new one at every call."""
        import keras

        path = self._checked(MODEL)
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except (ValueError, TypeError, OSError, KeyError) as error:
            raise _damaged(path, f"Keras {keras.__version__} cannot open it: {error}") from error

    def _checked(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise _damaged(path, "it is not there")
        if checksum(path) != self.checksums.get(name):
            raise _damaged(path, f"its checksum is not the one in {MANIFEST}")
        return path


def save_bundle(
    folder: Path,
    *,
    model: Any,
    config: Config,
    result: Result,
    predictions: Mapping[str, NDArray[Any]],
) -> None:
    """Store a trial in `folder`, beside what else is there; an older bundle counts as gone from the first
    write.

    model: a `keras.Model`, saved without its optimizer if it has inputs and outputs, else as it is.
    predictions: part -> (n_rows, n_outputs).
    """
    discard_bundle(folder)
    with replacing(folder / MODEL) as temporary:
        _bare(model).save(temporary)
    write_json(folder / CONFIG, config.to_json())
    with replacing(folder / PREDICTIONS) as temporary:
        arrays = {part: np.asarray(rows, dtype=np.float32) for part, rows in predictions.items()}
        np.savez(temporary, allow_pickle=False, **arrays)
    manifest = {
        "format": FORMAT,
        "files": {name: checksum(folder / name) for name in (MODEL, CONFIG, PREDICTIONS)},
        "result": _encoded(dataclasses.asdict(result)),
    }
    write_json(folder / MANIFEST, manifest)


def _bare(model: Any) -> Any:
    """A model that shares the weights and has no optimizer; one of a class of the user's own is what it is."""
    import keras

    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    try:
        return keras.Model(model.input, model.output, name=model.name)
    except (AttributeError, ValueError):
        return model


def discard_bundle(folder: Path) -> None:
    """Makes a bundle in `folder` count as gone, so that a trial which begins anew is not taken for finished."""
    for name in (MANIFEST, DELETED):
        (folder / name).unlink(missing_ok=True)


def delete_bundle(folder: Path, *, why: str, spared: Collection[str] = ()) -> None:
    """Deletes every file in `folder` but those `spared`, and leaves a note that says `why`.

    The note comes first and the manifest goes next: whenever the process dies, the bundle is either whole or known to
    be deleted, and deleting again goes on with the rest.
    """
    write_json(folder / DELETED, {"why": why})
    (folder / MANIFEST).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_file() and path.name != DELETED and path.name not in spared:
            path.unlink(missing_ok=True)


def why_deleted(folder: Path) -> str | None:
    """Why the bundle in `folder` was deleted; None for one that is there, or never was."""
    note = folder / DELETED
    if (folder / MANIFEST).is_file() or not note.is_file():
        return None
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["why"])
    except (ValueError, KeyError, TypeError):
        return "its note cannot be read"


def load_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`, of which only the manifest is read yet.

    Raises: BundleError when there is none, or its manifest is damaged; DeletedError when it was deleted.
    """
    path = folder / MANIFEST
    why = why_deleted(folder)
    if why is not None:
        raise DeletedError(
            f"model and predictions in {folder} were deleted: {why}",
            "to have them again, run its configuration as a study of its own, with a larger `keep` or none",
        )
    if not path.is_file():
        raise BundleError(
            f"{folder} holds no finished trial ({MANIFEST} is not there)",
            "a trial is stored when it ends: let it finish, or leave it out",
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"), object_hook=_decoded)
        if manifest["format"] != FORMAT:
            raise BundleError(
                f"{path} has format {manifest['format']}, not {FORMAT}",
                "open it with the version of this program that wrote it",
            )
        return Bundle(folder, manifest["result"], manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def is_complete(folder: Path) -> bool:
    """Whether `folder` holds a whole bundle: a readable manifest, and every file with its checksum."""
    try:
        bundle = load_bundle(folder)
        for name in bundle.checksums:
            bundle._checked(name)
    except BundleError:
        return False
    return True


def _damaged(path: Path, why: str) -> BundleError:
    return BundleError(
        f"{path} is damaged: {why}",
        "restore it from a backup; without it this trial can be no member of an ensemble",
    )


def _encoded(value: Any) -> Any:
    """`value` as JSON may hold it: NaN and infinities as {"float": "nan"}."""
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, np.generic):
        return _encoded(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def _decoded(value: dict[str, Any]) -> Any:
    return float(value["float"]) if value.keys() == {"float"} else value
