"""Files on disk as frames and arrays: CSV, Parquet, npz, npy. Knows nothing of targets, splits or models."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.errors import DataError
from models.data.preprocessor import Preprocessor, Reading
from spaces.problems import did_you_mean, nearest

CSV_ENDINGS = (".csv", ".tsv", ".txt", ".data")
PARQUET_ENDINGS = (".parquet", ".pq")
ARRAY_ENDINGS = (".npz", ".npy")
PACKED = (".gz", ".bz2", ".xz", ".zip")


def ending(name: str) -> str:
    """The ending of a file name that tells its kind: `.csv` also for `rows.csv.gz`."""
    path = Path(name)
    inner = Path(path.stem).suffix if path.suffix.lower() in PACKED else ""
    return (inner or path.suffix).lower()


def is_file_name(name: str) -> bool:
    """Whether `name` ends as one of the file kinds that can be read."""
    return ending(name) in CSV_ENDINGS + PARQUET_ENDINGS + ARRAY_ENDINGS


def locate(name: str, folder: str | None) -> Path:
    """The path of `name`, looked up in `folder` when relative. Raises: DataError when it is no file."""
    path = Path(folder or ".") / Path(name).expanduser()
    if path.is_dir():
        raise DataError(f"`{path}` is a folder", "name a file in it")
    if not path.is_file():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        mend = f"did you mean `{near}`?" if near else "write a path relative to the study file, or `folder`"
        raise DataError(f"there is no file `{path}`", mend)
    if path.stat().st_size == 0:
        raise DataError(f"`{path}` is empty", "give a file with rows in it")
    return path


def read_frame(path: Path, reading: Reading) -> pd.DataFrame:
    """A CSV or Parquet file with text as column names. Raises: DataError."""
    kind = ending(path.name)
    if kind in PARQUET_ENDINGS:
        frame = _read_parquet(path)
    elif kind in CSV_ENDINGS:
        frame = _read_csv(path, reading)
    else:
        known = ", ".join(CSV_ENDINGS + PARQUET_ENDINGS)
        raise DataError(f"`{path}` is no table", f"known endings are {known}")
    if frame.empty:
        raise DataError(f"`{path}` has no rows", "give a file with rows in it")
    frame.columns = [str(column).strip() for column in frame.columns]
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:  # pyarrow's errors are both
        raise DataError(f"`{path}` is no Parquet file: {_first_line(error)}", "write it again") from error
    return frame.reset_index() if frame.index.name else frame


def _read_csv(path: Path, reading: Reading) -> pd.DataFrame:
    separator = reading.separator or ("\t" if ending(path.name) == ".tsv" else ",")
    separator = "\t" if separator == r"\t" else separator
    names = _names_for(path, separator, reading) if reading.names else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                header=None if names else 0,
                names=names,
                na_values=list(reading.missing),
                dtype=dict.fromkeys(reading.text, str),
                index_col=False,
                skipinitialspace=True,
                low_memory=False,
            )
    except UnicodeDecodeError as error:
        raise DataError(f"`{path}` is not UTF-8 text: {error}", "save it as UTF-8") from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"`{path}` is empty", "give a file with rows in it") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(
            f"`{path}` has lines of different lengths: {_first_line(error)}",
            f"mend the lines, or write `separator` (now `{separator}`)",
        ) from error
    _check_separator(path, frame, separator)
    return frame


def _names_for(path: Path, separator: str, reading: Reading) -> list[str] | None:
    """Names of the file's columns in order; None when its first line turns out to be a header.

    New rows may come without the targets, or with a header that the training file had not.
    """
    first = _first_cells(path, separator)
    names = list(reading.names)
    features = [name for name in names if name not in reading.targets]
    if set(features) <= set(first):
        return None
    for candidate in (names, features):
        if len(candidate) == len(first):
            return candidate
    raise DataError(
        f"`{path}` has {len(first)} columns but `names` lists {len(names)}",
        f"list one name a column, or write another `separator` (now `{separator}`)",
    )


def _first_cells(path: Path, separator: str) -> list[str]:
    try:
        row = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"`{path}` cannot be read: {_first_line(error)}", "give a UTF-8 CSV file") from error
    return [str(cell).strip() for cell in row.iloc[0]]


def _check_separator(path: Path, frame: pd.DataFrame, separator: str) -> None:
    """Raises: DataError when all came out as one column whose text holds another separator."""
    if frame.shape[1] != 1:
        return
    sample = [str(frame.columns[0]), *map(str, frame.iloc[:5, 0])]
    for other, word in ((";", ";"), ("\t", r"\t"), ("|", "|"), (",", ",")):
        if other != separator and all(other in line for line in sample):
            raise DataError(
                f"`{path}` was read as one column `{frame.columns[0]}`, separated by `{separator}`",
                f'write `separator: "{word}"`',
            )


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an npz file by name, or {"": array} of an npy file. Raises: DataError."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"`{path}` cannot be read: {_first_line(error)}",
            "write it with numpy.savez or numpy.save, of numbers or text (pickled objects are refused)",
        ) from error


def read_rows(path: Path, preprocessor: Preprocessor) -> pd.DataFrame | Array:
    """New rows for a trained model, spelled as its training file. Raises: DataError."""
    located = locate(str(path), None)
    if ending(path.name) not in ARRAY_ENDINGS:
        return read_frame(located, preprocessor.reading)
    arrays = read_arrays(located)
    if preprocessor.array is None:
        raise DataError(f"`{path}` holds arrays but the model takes a table", "give a CSV or Parquet file")
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    if "x" not in arrays:
        raise DataError(f"`{path}` has no array `x`", did_you_mean("x", arrays))
    return arrays["x"]


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
