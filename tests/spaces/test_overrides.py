"""`key=value` beside a file."""

import copy

import pytest

from spaces.overrides import override
from spaces.problems import SpecError
from spaces.source import Document, parse

TEXT = "data: sklearn:digits\nmodel: mlp\ntraining:\n  epochs: 40\n  early_stopping:\nlimits: [a, b]\n"


@pytest.fixture
def document() -> Document:
    return parse(TEXT, name="s.yaml")


def test_a_value_is_replaced_and_stands_on_the_command_line(document: Document) -> None:
    changed = override(document, ["seed=1", "training.epochs=3"])
    assert changed.values["training"]["epochs"] == 3
    assert str(changed.marks.of("training", "epochs")) == "command line:1:2"
    assert str(changed.marks.key("training", "epochs")) == "command line:1:2"
    assert str(changed.marks.key("training")) == "s.yaml:3:1"


def test_the_document_itself_is_not_changed(document: Document) -> None:
    before = copy.deepcopy(document.values)
    override(document, ["training.epochs=3", "limits.0=c", "new.key=1"])
    assert document.values == before
    assert str(document.marks.of("training", "epochs")) == "s.yaml:4:11"
    assert not document.marks.has("new")


def test_values_are_read_as_yaml(document: Document) -> None:
    changed = override(document, ["training.lr={float: [1e-5, 1], log: true}", "name=off", "gone="])
    assert changed.values["training"]["lr"] == {"float": [1e-5, 1], "log": True}
    assert changed.values["name"] == "off"
    assert changed.values["gone"] is None
    assert str(changed.marks.of("training", "lr", "float", 0)) == "command line:1:1"


def test_absent_and_empty_parents_become_mappings(document: Document) -> None:
    changed = override(document, ["search.pruner=none", "training.early_stopping.patience=3"])
    assert changed.values["search"] == {"pruner": "none"}
    assert changed.values["training"]["early_stopping"] == {"patience": 3}


def test_an_item_of_a_list_is_replaced(document: Document) -> None:
    changed = override(document, ["limits.1=c"])
    assert changed.values["limits"] == ["a", "c"]
    assert str(changed.marks.of("limits", 1)) == "command line:1:1"
    assert str(changed.marks.of("limits", 0)) == "s.yaml:6:10"


def test_a_value_given_as_one_word_is_opened(document: Document) -> None:
    changed = override(document, ["model.layers=2", "model.units=8"], shorthands={"model": "family"})
    assert changed.values["model"] == {"family": "mlp", "layers": 2, "units": 8}
    assert str(changed.marks.of("model", "family")) == "s.yaml:2:8"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            ["foo"],
            "command line:1:1: `foo` is no override; write `key=value`, for example `training.epochs=3`",
        ),
        (["a..b=3"], "`a..b=3` is no override"),
        (["=3"], "`=3` is no override"),
        (["a=[1"], "command line:1:1: no YAML: .*; close the list"),
        (["x=1", "a={b: 1, b: 2}"], "command line:1:2 b: the key is given twice"),
        (["a=1", "b=1", "a=2"], "command line:1:3 a: this replaces `a` of the same command line; keep one"),
        (["a.b=1", "a=2"], "command line:1:2 a: this replaces `a.b` of the same command line"),
        (
            ["training.epochs.x=3"],
            "command line:1:1 training.epochs.x: `training.epochs` is `40`, which has no keys; "
            "write `training.epochs={...}`",
        ),
        (
            ["limits.2=c"],
            "command line:1:1 limits.2: `2` is no place in a list of 2; count its places from 0",
        ),
        (["limits.x=c"], "`x` is no place in a list of 2"),
    ],
)
def test_an_override_that_does_not_fit_is_told(document: Document, overrides: list[str], expected: str) -> None:
    with pytest.raises(SpecError, match=expected):
        override(document, overrides)


def test_all_wrong_overrides_are_told_at_once(document: Document) -> None:
    with pytest.raises(SpecError) as caught:
        override(document, ["foo", "limits.9=1", "training.epochs=2"])
    assert len(caught.value.problems) == 2
