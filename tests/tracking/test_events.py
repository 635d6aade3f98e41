import json
import math
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from tests.tracking import told
from tracking.event_log import EventLog
from tracking.events import (
    ArtifactSaved,
    Closed,
    EpochsDone,
    Event,
    StudyFinished,
    StudyStarted,
    TrialFinished,
    TrialStarted,
    from_line,
    to_line,
)
from tracking.values import EpochRow, StudySummary, TrialInfo


@pytest.mark.parametrize(
    "event",
    [
        TrialStarted(told.trial(3, resumed_from_epoch=2), 5),
        EpochsDone(3, tuple(told.epochs(1, 2)), 5),
        TrialFinished(3, told.result("FAILED", files=(Path("/a/log.csv"),)), 5),
        ArtifactSaved(Path("/a/b"), "plots", 5),
        StudyFinished(told.summary(finished=False), 5),
        Closed(5),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_reads_back_as_it_was_written(event: Event) -> None:
    assert from_line(to_line(event)) == event


def test_the_start_of_a_study_reads_back_as_it_was_written(tmp_path: Path) -> None:
    event = StudyStarted(told.study(tmp_path, uuid="a", driver="optuna"), 5)
    assert from_line(to_line(event)) == event
    several = StudyStarted(told.study_of_two(tmp_path), 5)
    assert from_line(to_line(several)) == several


def test_a_line_is_strict_json_even_for_nan_and_infinity() -> None:
    rows = (EpochRow(1, {"loss": math.nan, "val_loss": math.inf}, 1),)
    line = to_line(EpochsDone(0, rows, 1))
    json.loads(line, parse_constant=pytest.fail)
    event = from_line(line)
    assert isinstance(event, EpochsDone)
    assert math.isnan(event.rows[0].metrics["loss"])
    assert event.rows[0].metrics["val_loss"] == math.inf


def test_numpy_numbers_paths_and_read_only_mappings_can_be_told() -> None:
    info = TrialInfo(0, MappingProxyType({"units": np.int64(3), "rate": np.float32(0.5)}), 1)  # type: ignore[dict-item]
    event = from_line(to_line(TrialStarted(info, 1)))
    assert isinstance(event, TrialStarted)
    assert event.info.params == {"units": 3, "rate": 0.5}
    ensemble = {"weights": np.array([0.25, 0.75]), "folder": Path("a")}
    finished = from_line(to_line(StudyFinished(StudySummary((), (), {}, ensemble, {}, True), 1)))
    assert isinstance(finished, StudyFinished)
    assert finished.summary.ensemble == {"weights": [0.25, 0.75], "folder": "a"}


def test_a_text_with_line_ends_stays_one_line() -> None:
    assert "\n" not in to_line(TrialFinished(0, told.result("FAILED"), 1))


@pytest.mark.parametrize("line", ["", "{", "[]", "3", '{"event":"nothing"}', '{"event":"epochs","at_ms":1}'])
def test_what_is_no_event_is_refused_with_its_text(line: str) -> None:
    with pytest.raises(ValueError, match="not an event"):
        from_line(line)


def test_the_event_log_of_two_commands_has_one_line_an_event_in_order(tmp_path: Path) -> None:
    for _ in range(2):
        log = EventLog(tmp_path / "events.jsonl", now_ms=lambda: 9)
        log.study_started(told.study(tmp_path))
        log.trial_started(told.trial(0))
        log.epochs(0, told.epochs(1, 1))
        log.close()
    kinds = [json.loads(line)["event"] for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert kinds == ["study_started", "trial_started", "epochs", "closed"] * 2


def test_an_event_is_on_disk_when_the_call_returns(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.study_started(told.study(tmp_path))
    log.trial_started(told.trial(0))
    assert (tmp_path / "events.jsonl").read_text().count("\n") == 2
    log.close()
