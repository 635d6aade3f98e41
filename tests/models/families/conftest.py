"""Signatures of small data sets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.signature import Signature


@pytest.fixture
def signature() -> Callable[..., Signature]:
    """Makes a signature of a task and row shape."""

    def make(task: str = "multiclass", shape: tuple[int, ...] = (5,)) -> Signature:
        if task == "regression":
            return Signature("regression", shape, 2, (), ("y", "z"), 60, (100.0, 1.0), (20.0, 0.5))
        if task == "binary":
            return Signature("binary", shape, 1, ("no", "yes"), ("y",), 60)
        return Signature("multiclass", shape, 3, ("a", "b", "c"), ("y",), 60)

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let through the one warning that TensorFlow 2.21 gives with new numpy whenever Keras copies a tensor."""
    mark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(mark)
