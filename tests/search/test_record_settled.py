"""Parameters that a trial turns out to have, and the space that they make, in the record."""

from pathlib import Path

from models.objective import Direction
from search.record import Record
from search.study import Cause, Outcome, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange, Mirrored
from spaces.expressions import parse
from spaces.space import Dimension, Space

BEGIN = Space((Dimension("units", IntRange(1, 9)), Dimension("layers", IntRange(1, 3))))
GROWN = Space(
    (
        *BEGIN.dimensions,
        Dimension("cnn/kind", Categories(("a", "b"))),
        Dimension("rate", Mirrored(FloatRange(0.1, 1.0, log=True)), parse('`cnn/kind` in ["a"]', names={"cnn/kind"})),
    )
)
SETTLED = {"units": 3, "cnn/kind": "a", "rate": 0.25}


def opened(folder: Path) -> Record:
    return Record.open(f"sqlite:///{folder}/record.db", study="own", direction=Direction.MAXIMIZE, space=BEGIN)


def test_settled_parameters_take_the_place_of_the_suggested_ones(tmp_path: Path) -> None:
    record = opened(tmp_path)
    record.start(Suggestion(0, {"units": 3, "layers": 2}, 9), seed=1)
    record.settle(0, SETTLED, GROWN)
    assert record.trials()[0].suggestion.params == SETTLED
    record.close()


def test_a_space_that_has_grown_is_there_when_the_study_goes_on(tmp_path: Path) -> None:
    record = opened(tmp_path)
    assert record.grown_space is None
    record.start(Suggestion(0, {"units": 3, "layers": 2}, 9), seed=1)
    record.settle(0, SETTLED, GROWN)
    record.close()
    again = opened(tmp_path)
    assert again.grown_space == GROWN
    again.start(Suggestion(1, SETTLED, 9), seed=2)
    again.finish(1, Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=0.5, best_epoch=1, epochs=1))
    assert [trial.suggestion.params for trial in again.trials()] == [SETTLED, SETTLED]
    assert again.importances(again.trials()) == {}
    again.close()
