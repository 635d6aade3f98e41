"""The stored ensemble and how it is shown; the arithmetic is `models.ensemble`'s."""

import math

import pytest

from models.ensemble.judge import Scores
from models.files import write_json
from search.closing import ensemble_text, importances_line
from search.ensembling import Ensemble, load, parts_lines, table

NAMES = ("single", "mean", "greedy", "weighted")


def ensemble(metric="accuracy", *, value=0.9, tested=True):
    parts = {"weigh": Scores(value, 0.3, 100), "judge": Scores(value, 0.4, 80)}
    if tested:
        parts["test"] = Scores(value, 0.5, 300)
    return Ensemble(
        metric=metric,
        winner="mean",
        sentence="mean of 2 members wins",
        members=((3, 0.5), (1, 0.5)),
        contenders=dict.fromkeys(NAMES, ((3, 0.5), (1, 0.5))),
        scores=dict.fromkeys(NAMES, parts),
        passed_over=("trial 4: it predicts NaN or infinity",),
    )


def test_what_is_stored_is_read_back(tmp_path):
    write_json(tmp_path / "ensemble.json", ensemble().to_json())
    assert load(tmp_path / "ensemble.json") == ensemble()


def test_a_score_without_a_value_is_stored_as_null_and_read_back_as_nan(tmp_path):
    path = tmp_path / "ensemble.json"
    write_json(path, ensemble("auc", value=math.nan).to_json())
    assert '"metric": null' in path.read_text()
    judged = load(path).scores["mean"]["judge"]
    assert math.isnan(judged.metric)
    assert (judged.loss, judged.rows) == (0.4, 80)


@pytest.mark.parametrize(
    ("metric", "columns"),
    [
        ("accuracy", ["weigh", "judge", "test", "loss (judge)"]),
        ("loss", ["weigh", "judge", "test"]),
    ],
)
def test_the_table_shows_the_metric_on_every_part_and_the_loss_once(metric, columns):
    heading, *lines = table(ensemble(metric))
    assert list(heading[2:]) == columns
    assert {len(line) for line in lines} == {len(heading)}
    assert [line[0] for line in lines] == ["  single", "* mean", "  greedy", "  weighted"]


def test_the_parts_are_explained_in_rows():
    assert parts_lines(ensemble()) == [
        "weigh: 100 validation rows, which chose and weighed the members",
        "judge: the other 80, which elected *",
        "test:  300 test rows, scored once",
    ]
    assert len(parts_lines(ensemble(tested=False))) == 2


def test_the_end_of_a_run_names_the_metric_the_winner_and_who_was_passed_over():
    first, *_, winner, passed_over = ensemble_text(ensemble()).splitlines()
    assert first == "ensemble: accuracy of the four contenders"
    assert winner == "  mean of 2 members wins"
    assert passed_over == "  passed over: trial 4: it predicts NaN or infinity"


def test_the_table_fits_a_narrow_terminal():
    table_lines = ensemble_text(ensemble()).splitlines()[:8]
    assert max(map(len, table_lines)) <= 80


def test_the_many_small_importances_are_summed():
    line = importances_line({f"knob_{k}": share for k, share in enumerate([0.3, 0.3, 0.1, 0.1, 0.1, 0.04, 0.03, 0.03])})
    assert line.startswith("knob_0 30 % · knob_1 30 %")
    assert line.endswith("knob_5 4 % · 2 others 6 %")
