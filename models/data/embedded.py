"""The data sets that scikit-learn carries: digits as images, the others as tables with named columns."""

from importlib import import_module

import pandas as pd

from models.data.cells import Array
from models.data.errors import DataError
from spaces.problems import did_you_mean

LOADERS = {
    "breast_cancer": "load_breast_cancer",
    "diabetes": "load_diabetes",
    "digits": "load_digits",
    "iris": "load_iris",
    "wine": "load_wine",
}


def load_embedded(name: str) -> pd.DataFrame | tuple[Array, Array]:
    """digits: images (1797, 8, 8) and labels; others: a frame with a column `target`, of class names if any.

    Raises: DataError on an unknown name.
    """
    if name not in LOADERS:
        raise DataError(f"there is no data set `sklearn:{name}`", did_you_mean(name, LOADERS))
    datasets = import_module("sklearn.datasets")  # on use: it takes a second to import
    if name == "digits":
        digits = datasets.load_digits()
        return digits.images, digits.target
    bunch = getattr(datasets, LOADERS[name])(as_frame=True)
    frame: pd.DataFrame = bunch.frame
    if "target_names" in bunch:
        frame = frame.assign(target=[str(bunch.target_names[code]) for code in frame["target"]])
    return frame
