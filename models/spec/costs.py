"""Costs of a trained model that may be objectives besides a metric; less is better of each. Measures nothing."""

from spaces.problems import did_you_mean

PARAMS = "params"
"""The one cost that is known before the first epoch."""

COSTS: dict[str, str] = {
    PARAMS: "weights of the model, those that are not trained included",
    "latency_ms": "median milliseconds to predict one row, measured in the worker after the training",
    "train_seconds": "seconds of training to the best epoch",
    "size_mb": "megabytes (1e6 bytes) of the model's weights",
}
"""Name -> one line for the reference."""


def why_no_cost(name: str, metrics: tuple[str, ...]) -> tuple[str, str]:
    """What is wrong with the name of a further objective, and how to mend it.

    metrics: the metrics that could be meant, as they are to be written.
    """
    return f"`{name}` is neither a metric nor a cost of the model", did_you_mean(name, (*COSTS, *metrics))
