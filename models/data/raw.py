"""Raw data as they were read, before any split: a table with named columns, or arrays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.errors import row_list
from models.data.preprocessor import Reading

OPEN, VALIDATION, TEST = 0, 1, 2
"""Which part a row was given to by its source: none yet, validation, or test."""

PART_WORDS = {OPEN: "", VALIDATION: "validation ", TEST: "test "}


@dataclass(frozen=True, slots=True)
class Table:
    """`frame` holds features and targets of all parts, part after part; `given` (n,) says which is whose."""

    frame: pd.DataFrame
    targets: tuple[str, ...]
    given: Array
    reading: Reading


@dataclass(frozen=True, slots=True)
class Arrays:
    """x (n, ...) and y (n,) or (n, n_targets); `given` (n,) says which rows are whose."""

    x: Array
    y: Array
    targets: tuple[str, ...]
    given: Array


Raw = Table | Arrays


def place(given: Array, positions: Array) -> str:
    """The rows at `positions` as a person finds them: counted from 1 in the part that they were given in."""
    part = int(given[positions[0]])
    same = positions[given[positions] == part]
    start = int(np.flatnonzero(given == part)[0])
    rest = len(positions) - len(same)
    words = PART_WORDS[part] + row_list(same - start)
    return f"{words} (and {rest} in other parts)" if rest else words
