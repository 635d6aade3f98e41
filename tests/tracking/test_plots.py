import csv
import json
import math
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.tracking import told
from tracking import plots, summary_files
from tracking.pareto_plot import pareto, staircase
from tracking.values import StudySummary


def _history(values: list[float], direction: str = "max") -> Figure:
    trials = [plots.TrialPoint(place, value, "COMPLETE") for place, value in enumerate(values)]
    best = [(0, values[0])] if values else []
    return plots.history(trials, best, objective="val_accuracy", direction=direction)


def test_rows_without_a_number_are_no_points() -> None:
    rows = [
        {"trial": 2, "objective": 0.5, "state": "PRUNED"},
        {"trial": 0, "objective": "0.25", "state": "COMPLETE"},
        {"trial": 1, "objective": None, "state": "FAILED"},
        {"trial": 3, "objective": math.nan, "state": "FAILED"},
        {"objective": 0.1},
    ]
    points = plots.points(rows)
    assert points == (plots.TrialPoint(0, 0.25, "COMPLETE"), plots.TrialPoint(2, 0.5, "PRUNED"))


def test_one_diverged_trial_does_not_flatten_the_history() -> None:
    axes = _history([0.2, 0.21, 0.22, 0.23, 900.0], direction="min").axes[0]
    assert axes.get_ylim()[1] < 1
    assert "1 far worse" in axes.get_xlabel()


def test_a_history_of_near_values_shows_them_all() -> None:
    axes = _history([0.90, 0.91, 0.92, 0.93, 0.94]).axes[0]
    assert axes.get_ylim()[0] < 0.90
    assert axes.get_xlabel() == "trial"


def test_a_history_without_trials_says_so() -> None:
    assert _history([]).axes[0].get_title(loc="left") == "val_accuracy: no trial has finished"


def test_the_most_important_parameter_is_the_topmost_bar() -> None:
    axes = plots.importances({"layers": 0.1, "learning_rate": 0.7}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["learning_rate", "layers"]
    assert axes.yaxis_inverted()


def test_no_more_bars_than_can_be_read() -> None:
    axes = plots.importances({f"p{place}": 0.01 for place in range(40)}).axes[0]
    assert len(axes.patches) == plots.MOST_BARS


def test_a_wide_range_of_a_parameter_is_drawn_on_a_logarithmic_axis() -> None:
    rows = [
        {"trial": k, "state": "COMPLETE", "objective": 0.5, "learning_rate": 10.0**-k, "layers": k} for k in range(1, 5)
    ]
    axes = plots.slices(rows, ("learning_rate", "layers"), objective="val_accuracy", direction="max").axes
    assert [one.get_xscale() for one in axes[:2]] == ["log", "linear"]


def test_categories_and_missing_values_have_a_place_in_a_slice() -> None:
    rows = [
        {"trial": 0, "state": "COMPLETE", "objective": 0.5, "optimizer": "adam", "momentum": None},
        {"trial": 1, "state": "PRUNED", "objective": 0.4, "optimizer": "sgd", "momentum": 0.9},
    ]
    axes = plots.slices(rows, ("optimizer", "momentum"), objective="val_accuracy", direction="max").axes
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["adam", "sgd"]
    assert sum(len(group.get_offsets()) for group in axes[1].collections) == 1


def test_a_summary_becomes_files_for_people(tmp_path: Path) -> None:
    names = {path.name for path in summary_files.write(told.summary(), told.study(tmp_path), tmp_path)}
    pictures = {"history.png", "importances.png", "slices.png"}
    assert names == {"leaderboard.csv", "importances.json", "ensemble.json", "counts.json"} | pictures
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "ensemble.json").read_text())["winner"] == "weighted"


def test_an_empty_summary_still_has_its_leaderboard_and_history(tmp_path: Path) -> None:
    empty = StudySummary((), (), {}, {}, {}, False)
    names = {path.name for path in summary_files.write(empty, told.study(tmp_path), tmp_path)}
    assert names == {"leaderboard.csv", "history.png", "counts.json"}


def test_rows_with_different_parameters_share_one_table(tmp_path: Path) -> None:
    summary_files.write_table([{"trial": 0, "units": 3}, {"trial": 1, "momentum": 0.9}], tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {"trial": "1", "units": "", "momentum": "0.9"}


def test_several_objectives_have_a_picture_and_a_table_of_their_front(tmp_path: Path) -> None:
    files = summary_files.write(told.summary_of_two(), told.study_of_two(tmp_path), tmp_path)
    assert {"front.csv", "pareto.png"} <= {path.name for path in files}
    with (tmp_path / "front.csv").open(newline="") as file:
        assert [row["trial"] for row in csv.DictReader(file)] == ["0", "1"]


def test_every_further_objective_has_a_picture_of_the_first_over_it() -> None:
    rows = [{**row, "latency_ms": 0.1 * row["trial"]} for row in told.summary_of_two().leaderboard]
    rows.append({"trial": 3, "rank": None, "state": "PRUNED", "objective": 0.9, "params": None, "latency_ms": 0.1})
    further = (("params", "min"), ("latency_ms", "min"))
    figure = pareto(rows, objective="val_accuracy", direction="max", further=further)
    assert [axes.get_xlabel() for axes in figure.axes] == ["params (min)", "latency_ms (min)"]
    assert figure.get_suptitle() == "Pareto front: 2 of 3 trials"
    (line,) = figure.axes[0].lines
    assert [tuple(point) for point in line.get_xydata()] == [(10, 0.5), (100, 0.75)]


def test_a_picture_of_the_front_says_how_many_trials_are_outside() -> None:
    rows = [{"trial": n, "rank": 1, "objective": 0.9 + n / 1000, "params": n + 1} for n in range(20)]
    rows.append({"trial": 20, "rank": 2, "objective": -50.0, "params": 9})
    rows.append({"trial": 21, "rank": 1, "objective": -1.0, "params": 0})
    figure = pareto(rows, objective="val_r2", direction="max", further=(("params", "min"),))
    assert figure.get_suptitle() == "Pareto front: 21 of 22 trials   (1 far worse ones are outside the picture)"
    assert -2 < figure.axes[0].get_ylim()[0] < -1


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        (("min", "max"), [(1.0, 0.5), (2.0, 0.7), (4.0, 0.9)]),
        (("min", "min"), [(1.0, 0.4)]),
        (("max", "max"), [(4.0, 0.9)]),
        (("max", "min"), [(1.0, 0.4), (3.0, 0.6), (4.0, 0.8)]),
    ],
)
def test_the_line_of_a_front_goes_through_pairs_that_no_other_dominates(
    directions: tuple[str, str], expected: list[tuple[float, float]]
) -> None:
    pairs = [(1.0, 0.5), (1.0, 0.4), (2.0, 0.7), (3.0, 0.6), (4.0, 0.9), (4.0, 0.8)]
    assert staircase(pairs, directions) == expected
