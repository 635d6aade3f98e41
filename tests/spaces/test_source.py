"""Reading a study file: values, marks, and every way in which a text can be wrong."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from ruamel.yaml.error import YAMLError

from spaces.problems import SpecError
from spaces.source import MOST_BYTES, parse, read
from spaces.yaml_errors import problem_of


def complaint(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse(text, name="s.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5),
        ("1.", 1.0),
        ("-.5", -0.5),
        ("-.inf", -math.inf),
        ("42", 42),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("off", "off"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("10m", "10m"),
        ("'3'", "3"),
        ('"true"', "true"),
        ("! 5", "5"),
        ("!!str 5", "5"),
        ("!!int '3'", 3),
        ("!!float 3", 3.0),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("!!seq [1]", [1]),
        ("!!map {a: 1}", {"a": 1}),
        ("{int: [1, 4], log}", {"int": [1, 4], "log": None}),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    read_value = parse(f"key: {text}", name="s.yaml").values["key"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_nan_is_read() -> None:
    assert math.isnan(parse("a: .nan", name="s.yaml").values["a"])


TEXT = """\
model:
  units: {int: [16, 256],
          log: true}
limits:
  - params <= 2e6
"""


def test_every_value_has_its_mark() -> None:
    marks = parse(TEXT, name="s.yaml").marks
    assert str(marks.of("model", "units", "int", 1)) == "s.yaml:2:21"
    assert str(marks.of("model", "units", "log")) == "s.yaml:3:16"
    assert str(marks.of("limits", 0)) == "s.yaml:5:5"


def test_every_key_has_its_mark() -> None:
    marks = parse(TEXT, name="s.yaml").marks
    assert str(marks.key("model", "units", "log")) == "s.yaml:3:11"
    assert str(marks.key("limits")) == "s.yaml:4:1"
    assert str(marks.key("limits", 0)) == "s.yaml:5:5"
    assert str(marks.key()) == "s.yaml:1:1"


def test_a_missing_value_has_the_mark_of_its_nearest_ancestor() -> None:
    marks = parse(TEXT, name="s.yaml").marks
    assert str(marks.of("model", "units", "step")) == "s.yaml:2:10"
    assert str(marks.key("model", "units", "step")) == "s.yaml:2:3"
    assert str(marks.of("nothing", "here")) == "s.yaml:1:1"
    assert marks.has("model", "units", "int", 0)
    assert not marks.has("model", "units", "step")


def test_an_alias_stands_at_its_own_place_and_its_content_at_the_anchor() -> None:
    document = parse("a: &x {k: 1}\nb: *x\n", name="s.yaml")
    assert document.values == {"a": {"k": 1}, "b": {"k": 1}}
    assert str(document.marks.of("b")) == "s.yaml:2:4"
    assert str(document.marks.of("b", "k")) == "s.yaml:1:11"


def test_an_alias_may_be_a_key() -> None:
    assert parse("a: &x name\n*x : 1\n", name="s.yaml").values == {"a": "name", "name": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2", "s.yaml:1:9: no YAML: expected ',' or ']'.*; close the list with `]`"),
        ("a: {b: 1", "s.yaml:1:9: no YAML: expected ',' or '}'.*; close the mapping with `}`"),
        ("a: b: c", "s.yaml:1:5: no YAML: mapping values are not allowed here; put the value in quotes"),
        ("a:\n\tb: 1", r"s.yaml:2:1: no YAML: found character '\\t'.*; indent with spaces, not with tabs"),
        ('a: "x', "s.yaml:1:6: no YAML: found unexpected end of stream.*; close the quotes"),
        ("a: @b", "s.yaml:1:4: no YAML: found character '@'.*; put the value in quotes"),
        ("a: 1\n b: 2", "s.yaml:2:3: no YAML: .*; put the value in quotes, or begin a new line"),
        ("a: &", "no YAML: .*; look at this line and the one before it"),
        ("a: b\nc: x\x01y", r"s.yaml:2:5: the character U\+0001 is not allowed; delete it"),
        ("a: *q", "s.yaml:1:4 a: no anchor `&q` stands above this alias; write `&q` before"),
        (
            "a: &x {k: *x}",
            "s.yaml:1:11 a.k: `\\*x` stands inside the value that it names; write the value out",
        ),
        ("a: !foo 3", "s.yaml:1:4 a: the tag `!foo` is not known here; mend the value"),
        ("a: [!!set {b}]", "s.yaml:1:5 a.0: the tag `!!set` is not known here; leave it out"),
        ("a: !!int x", "s.yaml:1:4 a: `x` is no whole number; mend the value or put it in quotes"),
        ("a: !!float x", "a: `x` is no number;"),
        ("a: !!bool yes", "a: `yes` is neither true nor false;"),
        ("a: !!null 0", "a: `0` is not null;"),
        ("a: 1e999", "a: `1e999` is too large for a number;"),
        ("a: " + "1" * 200, "a: a number of 200 digits is too long;"),
        ("1: x", 's.yaml:1:1: the key `1` is no string; write it in quotes: "1"'),
        ("a: {true: x}", "s.yaml:1:5 a: the key `true` is no string;"),
        ("[a]: x", "s.yaml:1:1: a list stands where a key is expected; write a name as key"),
        ("{a: 1}: x", "s.yaml:1:1: a mapping stands where a key is expected;"),
        ("- a", "s.yaml:1:1: the file holds a list, not a mapping; begin with `key: value` lines"),
        ("word", "s.yaml:1:1: the file holds `word`, not a mapping;"),
        ("", "s.yaml:1:1: the file is empty; write at least"),
        ("# only words\n", "the file is empty;"),
        ("a: 1\n---\nb: 2", "s.yaml:2:1: a second document begins here; keep one document per file"),
        ("%YAML 1.1\n---\na: 1", "s.yaml:2:1: this is YAML 1.1; leave `%YAML` out"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_how_to_mend_it(text: str, expected: str) -> None:
    with pytest.raises(SpecError, match=expected):
        parse(text, name="s.yaml")


def test_a_mistake_without_a_place_is_told_at_the_beginning() -> None:
    assert str(problem_of(YAMLError("odd"), "a: 1", "s.yaml")) == "s.yaml:1:1: no YAML: odd; mend the text"


def test_a_duplicate_key_names_both_places() -> None:
    expected = "s.yaml:3:3 model.layers: the key is given twice, first at s.yaml:2:3; keep one of the two"
    assert complaint("model:\n  layers: 1\n  layers: 2\n") == expected


def test_all_problems_of_a_text_are_told_at_once_in_its_order() -> None:
    lines = complaint("a: 1\na: 2\n3: x\nb: !foo y\nc: [1").splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5"]


@pytest.mark.parametrize("text", ["[" * 20_000, "{" * 20_000, "- " * 20_000, "? " * 20_000, "a: " + "[" * 60])
def test_deep_nesting_is_refused_without_recursion(text: str) -> None:
    assert "more than 50 levels of nesting; write it flatter" in complaint(text)


def test_an_alias_counts_as_deep_as_what_it_names() -> None:
    deep = "a: &x " + "[" * 30 + "]" * 30
    assert "more than 50 levels" in complaint(f"{deep}\nb: " + "[" * 30 + "*x" + "]" * 30)


def test_an_alias_bomb_is_refused() -> None:
    letters = "abcdefghi"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{c}: &{c} [{', '.join([f'*{b}'] * 10)}]" for b, c in pairwise(letters)]
    assert "more than 20000 values, aliases written out; make the file smaller" in complaint("\n".join(lines))


def test_many_aliases_are_refused() -> None:
    assert "more than 100 aliases; write the values out" in complaint("a: &x 1\nb: [" + "*x, " * 101 + "]")


def test_many_values_are_refused() -> None:
    assert "more than 20000 values" in complaint("a: [" + "1," * 20_001 + "]")


def test_a_text_over_one_mebibyte_is_refused() -> None:
    assert complaint("#" * (MOST_BYTES + 1)).startswith("s.yaml:1:1: the file is larger than 1 MiB; a study file")


def test_a_file_is_read_with_its_name_in_every_mark(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    document = read(path)
    assert document.values == {"a": "é"}
    assert str(document.marks.of("a")) == f"{path}:1:4"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no\.yaml:1:1: there is no such file; check the path"):
        read(tmp_path / "no.yaml")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="this is a folder, not a file; name the study file in it"):
        read(tmp_path)


def test_an_unreadable_path_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a: 1")
    with pytest.raises(SpecError, match=r"the file cannot be read \(Not a directory\); check the path and its"):
        read(tmp_path / "file" / "below")


def test_a_large_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        read(tmp_path / "big.yaml")


def test_text_that_is_not_utf_8_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("a: 1\nname: Zoë\n".encode("latin-1"))
    with pytest.raises(SpecError, match=r"latin\.yaml:2:9: the byte 0xeb is not UTF-8; save the file as UTF-8"):
        read(tmp_path / "latin.yaml")
