"""`training.jit_compile` hands every step to XLA, and changes no number beyond rounding."""

from collections.abc import Callable
from typing import Any

import pytest

from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec

Make = Callable[..., Any]
CASES = [
    pytest.param(MlpSpec, {"layers": 2, "units": [8, 6], "dropout": 0.3, "batch_norm": True}, (5,), id="mlp"),
    pytest.param(
        CnnSpec, {"blocks": 1, "filters": 4, "dropout": 0.2}, (8, 8, 1), id="cnn", marks=pytest.mark.slow
    ),
    pytest.param(RnnSpec, {"layers": 1, "units": 4, "dropout": 0.2}, (6, 3), id="rnn", marks=pytest.mark.slow),
]  # fmt: skip


def compiled_by_xla(graph: Any) -> bool:
    (traced,) = graph._train._list_all_concrete_functions()
    functions = traced.graph.as_graph_def().library.function
    return any(node.attr["_XlaMustCompile"].b for function in functions for node in function.node_def)


@pytest.mark.parametrize(("spec", "model", "shape"), CASES)
def test_xla_changes_no_number(trial: Make, spec: Any, model: dict[str, Any], shape: tuple[int, ...]) -> None:
    def made(jit_compile: bool) -> Any:
        options = {"epochs": 2, "batch_size": 14, "optimizer": "adamw", "jit_compile": jit_compile}
        return trial(options, model=spec.model_validate(model), shape=shape)

    one, other = made(True), made(False)
    for row, expected in zip(one.run().history, other.run().history, strict=True):
        assert row == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert [compiled_by_xla(graph) for t in (one, other) for graph in t.graphs._graphs.values()] == [True, False]
