"""The graphs that a process keeps warm between trials."""

import gc
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from models.data.dataset import Dataset
from models.training.graph import TrainingGraph
from models.training.graph_key import GRAPHS_KEPT, graph_key
from models.training.plan import FitPlan
from models.training.process import sow_generators
from models.training.rows import Columns, RowStore


@dataclass(frozen=True, slots=True)
class Begun:
    """A trial that has not trained an epoch yet, and the rows that it will see."""

    graph: TrainingGraph
    training: Columns
    validation: Columns


class Graphs:
    """Training graphs by key, those used last, and the rows that they are trained on.

    A traced graph holds some megabytes, and TensorFlow gives back little of them, so their number is bounded.
    """

    def __init__(self, kept: int = GRAPHS_KEPT) -> None:
        self._kept = kept
        self._graphs: OrderedDict[str, TrainingGraph] = OrderedDict()
        self._rows = RowStore()

    def __len__(self) -> int:
        return len(self._graphs)

    def begin(self, config: Any, plan: FitPlan, dataset: Dataset) -> Begun:
        """A trial at its start: its graph, warm or built, with its numbers and the first weights of its seed.

        config: the model's. The graph is this trial's until `begin` is called again.

        Raises: TrainingError and FamilyError when the configuration does not fit the data.
        """
        signature, training = dataset.signature, plan.training
        key = graph_key(config, training, signature=signature, objective=plan.objective)
        graph = self._graphs.pop(key, None)
        sow_generators(plan.seed)
        if graph is None:
            graph = TrainingGraph(config, training, signature=signature, objective=plan.objective)
        graph.begin(config, training, seed=plan.seed)
        if graph.is_reusable:
            self._graphs[key] = graph
        if len(self._graphs) > self._kept:
            self._graphs.popitem(last=False)
            gc.collect()
        columns = self._rows.training(dataset, weighted=training.class_weights != "none")
        return Begun(graph, columns, self._rows.validation(dataset))

    def clear(self) -> None:
        """Let go of all graphs and rows: after a trial that broke, or ran out of memory."""
        self._graphs.clear()
        self._rows = RowStore()
        gc.collect()
