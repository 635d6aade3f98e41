"""Which trials can share a traced graph: those with the same key. Knows no framework."""

import json
from typing import Any

from models.objective import Objective
from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.numbers import numbers, traced_parts

GRAPHS_KEPT = 12
"""Traced graphs that a process keeps: those used last. Each holds some megabytes, which TensorFlow gives back late."""


def graph_key(model: Any, training: TrainingSpec, *, signature: Signature, objective: Objective) -> str:
    """Everything that a graph is made of and that is no number or row: layers, kinds of optimizer and loss, metrics,
    task, and widths where they cannot be left open. Batch size, number of rows and of steps are inputs of a graph."""
    parts = {
        "model": traced_parts(model),
        "numbers": sorted(numbers(model, training)),
        "optimizer": [training.optimizer, training.optimizer == "sgd" and training.nesterov],
        "loss": training.loss,
        "jit_compile": training.jit_compile,
        "metrics": [objective.metric, *training.metrics],
        "weighted": training.class_weights != "none",
        "data": [signature.task, signature.input_shape, signature.n_outputs],
        "targets": [signature.target_mean, signature.target_std],
    }
    return json.dumps(parts, sort_keys=True)
