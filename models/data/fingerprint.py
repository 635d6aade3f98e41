"""Fingerprints: whether two studies, or a study before and after a restart, see the same data."""

import hashlib
import json

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.files import is_file_name
from models.data.raw import Arrays, Raw
from models.data.sources import load, source_files
from models.files import checksum
from models.spec.data import DataSpec

LAYOUT = 1
"""Counts up when prepared files change their meaning, so that old ones are made again."""


def content_fingerprint(spec: DataSpec, raw: Raw | None = None) -> str:
    """SHA-256 (hexadecimal) of the raw content: the bytes of its files, else the rows of its source.

    raw: the loaded data where they are at hand; files are not loaded for it. Raises: DataError.
    """
    digest = hashlib.sha256()
    for path in source_files(spec):
        digest.update(checksum(path).encode())
    if not is_file_name(spec.source):
        _add_rows(digest, raw if raw is not None else load(spec))
    return digest.hexdigest()


def fingerprint(spec: DataSpec, *, seed: int, content: str) -> str:
    """SHA-256 (hexadecimal) of raw content, the spec but its folder, and the seed of the split."""
    written = spec.model_dump(mode="json", exclude={"folder"})
    text = json.dumps([LAYOUT, content, seed, written], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _add_rows(digest: "hashlib._Hash", raw: Raw) -> None:
    if isinstance(raw, Arrays):
        for array in (raw.x, raw.y, raw.given):
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(_bytes(array))
        return
    digest.update(json.dumps([[name, str(dtype)] for name, dtype in raw.frame.dtypes.items()]).encode())
    mixed = {name: raw.frame[name].map(repr) for name in raw.frame if raw.frame[name].dtype == object}
    digest.update(_bytes(pd.util.hash_pandas_object(raw.frame.assign(**mixed), index=False).to_numpy()))
    digest.update(_bytes(raw.given))


def _bytes(array: Array) -> bytes:
    if array.dtype == object:
        return json.dumps([repr(value) for value in array.ravel().tolist()]).encode()
    return np.ascontiguousarray(array).tobytes()
