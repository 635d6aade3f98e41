"""What keys that never vary take, and what they say about anything else."""

from typing import Any

import pytest

from models.spec.byte_sizes import ByteSize, size_words
from models.spec.data import Mapped, Source, SplitPart
from models.spec.durations import Duration
from models.spec.entries import Entry, Flag, Names, OneOf, Real, Text, Whole
from models.spec.faults import RefusedError


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90.0),
        ("10m", 600.0),
        ("2h30m", 9000.0),
        ("1d", 86400.0),
        (45, 45.0),
        ("1.5s", 1.5),
        ("1h 5s", 3605.0),
    ],
)
def test_a_time_is_kept_in_seconds(written: Any, seconds: float) -> None:
    assert Duration("").read(written, {}) == seconds


@pytest.mark.parametrize(
    ("written", "size_bytes"),
    [
        ("4 GB", 4 * 10**9),
        ("512MB", 512 * 10**6),
        ("1.5 TB", 1500 * 10**9),
        ("2 GiB", 2 * 2**30),
        ("3 gb", 3 * 10**9),
        (2_000_000, 2_000_000),
        ("none", None),
    ],
)
def test_an_amount_is_kept_in_bytes(written: Any, size_bytes: int | None) -> None:
    entry = ByteSize("", none=True)
    assert entry.read(written, {}) == size_bytes
    assert entry.read(entry.plain(size_bytes), {}) == size_bytes


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (4 * 10**9, "4 GB"),
        (1_234_567_890, "1.23 GB"),
        (730_400_000, "730 MB"),
        (1500 * 10**9, "1.5 TB"),
        (12_000, "12 kB"),
        (5, "5 bytes"),
    ],
)
def test_an_amount_is_told_in_a_unit_that_fits(size_bytes: int, words: str) -> None:
    assert size_words(size_bytes) == words


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        (Duration(""), "ten", "ten is not a time; write it like 90s, 10m, 2h30m or 1d, or in seconds"),
        (Duration(""), "", '"" is not a time'),
        (Duration(""), "0s", "is no time at all"),
        (Duration(""), -3, "-3 is no time at all"),
        (Duration(""), True, "true is not a time"),
        (ByteSize(""), "4 apples", '"4 apples" is not an amount; write it like 512 MB, 4 GB or 1.5 TB, or in bytes'),
        (ByteSize(""), "-4 GB", "is not an amount"),
        (ByteSize(""), 4, "4 is too little for a model; write at least 1 MB, such as 4 GB"),
        (ByteSize(""), "0.5MB", "is too little for a model"),
        (ByteSize(""), True, "true is not an amount"),
        (ByteSize(""), 4.5e9, "is not an amount"),
        (Whole("", low=1), 0, "0 is out of range; write a whole number of at least 1"),
        (Whole("", low=1, high=9, none=True), 12, "write a whole number from 1 to 9 or none"),
        (Whole(""), 1.0, "1.0 is not a whole number"),
        (
            Real("", above=0, below=1),
            1,
            "1 is out of range; write a number that is more than 0 and less than 1",
        ),
        (Real("", low=0, high=1), 2, "write a number that is at least 0 and at most 1"),
        (Real(""), "x", "x is not a number; write a number$"),
        (Flag(""), "off", "off is neither true nor false"),
        (Text(""), 3, "3 is not a text"),
        (Text(""), "  ", "the text is empty"),
        (
            Text("", pattern="[a-z]+", hint="write small letters"),
            "A1",
            "`A1` is not allowed; write small letters",
        ),
        (
            OneOf("", names=("max", "min")),
            "mix",
            "mix is not one of them; did you mean `min`|did you mean `max`",
        ),
        (OneOf("", names=("max", "min")), [], "is not one of them"),
        (Names(""), 3, r"3 is not a list; write a list such as \[a, b\]"),
        (Names(""), ["a", 3], "3 is not a text"),
        (Names(""), ["a", "a"], "`a` stands twice in the list"),
        (SplitPart(""), 1.0, "1.0 is not a share between 0 and 1"),
        (SplitPart(""), True, "true is neither a share nor a file name"),
        (Mapped(""), ["a"], r"\[a\] is not a mapping"),
        (Mapped(""), {"a": None}, r"nothing \(null\) is not a class"),
        (Source(""), "sklearn:digit", "unknown data set `digit`; did you mean `digits`"),
    ],
)
def test_an_entry_refuses_what_it_does_not_take(entry: Entry, value: Any, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        entry.read(value, {})


def test_shares_must_leave_training_rows() -> None:
    with pytest.raises(RefusedError, match=r"validation 0\.5 and test 0\.5 leave no training rows"):
        SplitPart("").read(0.5, {"validation": 0.5})


@pytest.mark.parametrize("value", [None, "none"])
def test_none_may_be_written_as_a_word_or_as_null(value: Any) -> None:
    assert Whole("", none=True).read(value, {}) is None


def test_one_text_stands_for_a_list_of_one() -> None:
    assert Names("").read("a", {}) == ("a",)
