"""What KerasTuner's driver does when something is wrong: with its suggestions, its space, its process."""

import importlib.util
import subprocess
import sys
from typing import Any

import pytest

from models.objective import Direction
from search.drivers.keras_tuner.process import OracleLostError, OracleProcess
from search.drivers.registry import make_driver
from search.drivers.setup import DriverError, DriverSetup
from search.study import RecordedTrial, Suggestion
from spaces.domains import IntRange
from spaces.expressions import parse
from spaces.space import Dimension, Space
from tests.contracts.oracles import shared
from tests.contracts.plays import Play
from tests.search.drivers.keras_tuner.test_keras_tuner_driver import FAILED, RATE, asked, made


def test_a_trial_is_told_once_and_asked_once() -> None:
    driver = made("random")
    with pytest.raises(ValueError, match="trial 0 is told but was never asked"):
        driver.tell(0, FAILED)
    asked(driver, 0)
    driver.tell(0, FAILED)
    with pytest.raises(ValueError, match="trial 0 is told twice"):
        driver.tell(0, FAILED)
    with pytest.raises(ValueError, match="trial 0 is asked twice"):
        driver.ask(0)


def test_a_trial_that_is_not_in_the_space_cannot_be_restored() -> None:
    with pytest.raises(DriverError, match=r"trial 0 is not in the space: .*; go on with the space as it was"):
        made("random").restore([RecordedTrial(Suggestion(0, {"rate": 7.0}, 9), [], None)])


def test_a_condition_that_cannot_be_expressed_says_what_to_write() -> None:
    space = Space((*RATE.dimensions, Dimension("depth", IntRange(1, 3), when=parse("rate > 0.5"))))
    with pytest.raises(DriverError, match=r"cannot express a condition: depth: .*; write it as comparisons of one"):
        made("random", space)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DriverError, match=r"needs KerasTuner, which is not installed; pip install 'keras-search\[ke"):
        make_driver("keras_tuner", DriverSetup(RATE, "random", Direction.MAXIMIZE, max_epochs=9, seed=0))


def test_an_error_inside_the_oracle_is_told_in_a_sentence() -> None:
    with pytest.raises(DriverError, match=r"KerasTuner's oracle failed: KeyError: .*; take `driver: optuna`, or"):
        shared().call("begin", setup={"oracle": "random"}, rows=[])


class Dying:
    """A process that dies when it is asked for the n-th time in `at`, and forgets all."""

    def __init__(self, *at: int) -> None:
        self.at = set(at)
        self.asked = 0

    def call(self, question: str, **arguments: Any) -> Any:
        self.asked += 1
        if self.asked in self.at:
            raise OracleLostError
        return shared().call(question, **arguments)


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_a_lost_process_is_replaced_and_told_all(oracle: str) -> None:
    straight = Play(made(oracle)).until(14)
    lost = Play(made(oracle, process=Dying(4, 15, 16, 33))).until(14)
    assert lost.said == straight.said


def test_a_process_that_dies_again_and_again_is_given_up() -> None:
    with pytest.raises(DriverError, match=r"oracle died 3 times; is there memory enough\?"):
        made("random", process=Dying(1, 2, 3)).ask(0)


@pytest.mark.slow
def test_a_killed_process_is_noticed_and_the_coordinator_loads_no_framework() -> None:
    code = """
import sys
from models.objective import Direction
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from spaces.domains import FloatRange
from spaces.space import Dimension, Space

if __name__ == "__main__":
    space = Space((Dimension("rate", FloatRange(0.0, 1.0)),))
    driver = make_driver("keras_tuner", DriverSetup(space, "random", Direction.MAXIMIZE, max_epochs=9, seed=0))
    first = driver.ask(0).params["rate"]
    driver._process.process.kill()
    second = driver.ask(1).params["rate"]
    print(sorted({"tensorflow", "keras", "keras_tuner"} & set(sys.modules)), first, second)
"""
    done_ = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    driver = made("random")
    expected = [asked(driver, number).params["rate"] for number in (0, 1)]
    assert done_.stdout.strip() == f"[] {expected[0]} {expected[1]}"


@pytest.mark.slow
def test_the_process_ends_when_it_is_closed() -> None:
    process = OracleProcess()
    asked(made("random", process=process), 0)
    child = process.process
    assert child is not None
    process.close()
    assert not child.is_alive()
