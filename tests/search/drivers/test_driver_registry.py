"""Drivers and samplers by name."""

import importlib.util
import subprocess
import sys

import pytest

from models.objective import Direction
from search.drivers.registry import DRIVERS, make_driver
from search.drivers.setup import DriverError, DriverSetup
from spaces.domains import Categories, FloatRange
from spaces.space import Dimension, Space

SPACE = Space((Dimension("rate", FloatRange(0.0, 1.0)),))


def setup_of(sampler: str, space: Space = SPACE) -> DriverSetup:
    return DriverSetup(space, sampler, Direction.MAXIMIZE, max_epochs=5, seed=0, grid_points=3)


def test_an_unknown_driver_lists_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(DriverError, match="no driver `optun`; did you mean `optuna`"):
        make_driver("optun", setup_of("tpe"))


def test_an_unknown_sampler_lists_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(DriverError, match=r"no sampler `cma`; did you mean `cmaes`\? known are cmaes, freeze_thaw, gp"):
        make_driver("optuna", setup_of("cma"))


def test_every_sampler_of_the_table_can_be_made() -> None:
    for sampler in DRIVERS["optuna"]:
        if sampler != "gp" or importlib.util.find_spec("torch"):
            assert make_driver("optuna", setup_of(sampler)).ask(0) is not None


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_gp_without_torch_says_what_to_install() -> None:
    with pytest.raises(DriverError, match=r"needs torch, .*; pip install 'keras-search\[gp\]'"):
        make_driver("optuna", setup_of("gp"))


def test_cmaes_without_a_number_says_so() -> None:
    space = Space((Dimension("kind", Categories(("a", "b"))),))
    with pytest.raises(DriverError, match="needs numbers, and every parameter of this space is a category"):
        make_driver("optuna", setup_of("cmaes", space))


def test_the_table_is_read_without_loading_a_framework() -> None:
    code = (
        "import sys, search.drivers.registry, search.pruning.registry;"
        "print(sorted({'optuna', 'scipy', 'cmaes', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
