"""`load`: whatever `data.source` names, as one raw table or one raw pair of arrays with its given parts."""

from pathlib import Path
from typing import Any

import pandas as pd

from models.data.assemble import assemble, joined, reading_of
from models.data.cells import Array
from models.data.embedded import load_embedded
from models.data.errors import DataError
from models.data.files import (
    ARRAY_ENDINGS,
    CSV_ENDINGS,
    PARQUET_ENDINGS,
    ending,
    is_file_name,
    locate,
    read_arrays,
    read_frame,
)
from models.data.functions import call
from models.data.raw import TEST, VALIDATION, Raw
from models.spec.data import DataSpec


def source_files(spec: DataSpec) -> tuple[Path, ...]:
    """The files that hold the data, in a fixed order; empty for embedded sets and functions.

    Raises: DataError when one is not there.
    """
    split_files = [part for part in (spec.split.validation, spec.split.test) if isinstance(part, str)]
    names = [spec.source, *split_files] if is_file_name(spec.source) else split_files
    return tuple(locate(name, spec.folder) for name in names)


def load(spec: DataSpec) -> Raw:
    """The raw data of `spec`, with the parts that come as files of their own. Raises: DataError."""
    raw = assemble(_read(spec.source, spec), spec, origin=spec.source)
    for code, part in ((VALIDATION, spec.split.validation), (TEST, spec.split.test)):
        if isinstance(part, str):
            if (raw.given == code).any():
                raise DataError(
                    f"`{spec.source}` brings its own {'test' if code == TEST else 'validation'} rows "
                    f"and `split` names the file `{part}`",
                    "leave one of the two out",
                )
            raw = joined(raw, assemble(_read(part, spec), spec, origin=part), code, origin=part)
    return raw


def _read(source: str, spec: DataSpec) -> Any:
    """A frame, a pair (x, y), or a mapping of named arrays."""
    if source.startswith("sklearn:"):
        return load_embedded(source.removeprefix("sklearn:"))
    if ending(source) in ARRAY_ENDINGS:
        arrays = read_arrays(locate(source, spec.folder))
        return _plain_table(arrays[""], spec) if "" in arrays else arrays
    if is_file_name(source):
        return read_frame(locate(source, spec.folder), reading_of(spec))
    if ":" in source:
        return call(source, spec.folder)
    known = ", ".join(CSV_ENDINGS + PARQUET_ENDINGS + ARRAY_ENDINGS)
    raise DataError(
        f"`{source}` is no known kind of source",
        f"write a file that ends in {known}, `sklearn:<name>`, or `file.py:function`",
    )


def _plain_table(array: Array, spec: DataSpec) -> pd.DataFrame:
    """The one array of an npy file as a table: named fields, or columns called `names` or x0, x1, ..."""
    if array.dtype.names:
        return pd.DataFrame({name: array[name] for name in array.dtype.names})
    if array.ndim != 2:
        raise DataError(
            f"`{spec.source}` holds one array of shape {array.shape} and no target",
            "write an npz file with `x` and `y`",
        )
    names = spec.names or tuple(f"x{i}" for i in range(array.shape[1]))
    if len(names) != array.shape[1]:
        raise DataError(
            f"`{spec.source}` has {array.shape[1]} columns but `names` lists {len(names)}",
            "list one name a column",
        )
    return pd.DataFrame(array, columns=list(names))
