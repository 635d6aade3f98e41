"""Every mistake in a study file is told with its place, what is wrong and how to mend it."""

from pathlib import Path

import pytest
from spec_text import FIXED, SMALL, problems, read
from test_spec_keys import ALL, KEYS

from models.signature import Signature
from search.spec import load
from spaces.problems import Problem, SpecError

MANY = """\
version: 1
study: many
sed: 7
data: {source: sklearn:digits, split: {validation: 1.2, stratfy: true}}
objective: {metric: val_acuracy}
model:
  layers: {int: [1, 4]}
  units: {int: [512, 64], log: true, per: layers}
  activation: {choice: [relu, gelou]}
  dropout: {float: [0.0, 1.5]}
  l2: 1e-3
training:
  optimizer: adam
  momentum: 0.9
  clip_norm: {float: [1, 5], when: layers > 4}
  early_stopping: {patience: {int: [3, 3]}}
search: {pruner: {name: median, percentil: 3}, grid_points: 3}
budget: {trials: 0}
limits: [param <= 2e6]
sed: 8
"""


def test_all_mistakes_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    told = problems(tmp_path, MANY)
    assert [line.split(": ")[0] for line in told] == [
        "space.yaml:3:1 sed",
        "space.yaml:4:52 data.split.validation",
        "space.yaml:4:57 data.split.stratfy",
        "space.yaml:5:21 objective.metric",
        "space.yaml:8:16 model.units.int",
        "space.yaml:9:31 model.activation.choice.1",
        "space.yaml:10:26 model.dropout.float.1",
        "space.yaml:11:7 model.l2",
        "space.yaml:14:13 training.momentum",
        "space.yaml:15:36 training.clip_norm.when",
        "space.yaml:16:36 training.early_stopping.patience.int",
        "space.yaml:17:33 search.pruner.percentil",
        "space.yaml:17:61 search.grid_points",
        "space.yaml:18:18 budget.trials",
        "space.yaml:19:10 limits.0",
        "space.yaml:20:1 sed",
    ]
    assert told[4] == ("space.yaml:8:16 model.units.int: low is 512 but high is 64; make low smaller than high")


def test_no_problem_speaks_of_the_libraries_behind(tmp_path: Path) -> None:
    words = " ".join(problems(tmp_path, MANY + "workers: []\ntracking: {mlflow: 3}\nensemble: {size: big}\n")).lower()
    for word in ("pydantic", "http", "input should", "valid ", "value_error", "extra", "type=", "traceback"):
        assert word not in words


def test_a_sampler_that_pauses_trials_takes_no_pruner(tmp_path: Path) -> None:
    told = only(tmp_path, SMALL, "search.sampler=freeze_thaw", "search.pruner=median")
    assert "the sampler freeze_thaw says itself which trials go on, and median would stop them" in told
    assert told.endswith("write `pruner: none`")


def only(folder: Path, text: str, *overrides: str) -> str:
    """The one problem of `text`."""
    told = problems(folder, text, *overrides)
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SMALL.replace("data: sklearn:digits\n", ""), "1:1 data: `data` is missing; add `data:`"),
        (SMALL.replace("sklearn:digits", "{target: y}"), "3:7 data.source: `source` is missing; add"),
        (SMALL.replace("budget: {trials: 4}\n", ""), "1:1 budget: `budget` is missing; add `budget:`"),
        (SMALL.replace("{trials: 4}", "{}"), "5:9 budget: the budget has no bound; give at least one"),
        (SMALL.replace("{trials: 4}", "10x"), '5:9 budget: "10x" is not a time; write it like'),
        (SMALL.replace("study: small", "study: a/b"), "2:8 study: `a/b` is not allowed; write letters"),
        (SMALL.replace("1", "2", 1), "1:10 version: version 2 of the study file is not known; write `version: 1`"),
        (SMALL + "seed: -1\n", "6:7 seed: -1 is out of range; write a whole number from 0"),
        (SMALL + "trainig: {}\n", "6:1 trainig: unknown key `trainig`; did you mean `training`?"),
        (SMALL + "training: 3\n", "6:11 training: 3 is not a mapping; write a mapping with keys of others"),
        (SMALL + "model: mpl\n", "6:8 model.family: unknown family mpl; did you mean `mlp`?"),
        (SMALL + "model: 3\n", "6:8 model: 3 is not a model; write a family (mlp, cnn, rnn)"),
        (SMALL + "model: {others: maybe}\n", "6:17 model.others: maybe is not one of them"),
        (SMALL + "training: {reduce_lr: 3}\n", "6:23 training.reduce_lr: 3 is not a mapping; write a mapp"),
        (SMALL + "workers: [1]\n", "6:10 workers: [1] is not a mapping"),
        (SMALL + "workers: two\n", "6:10 workers: two is not a whole number"),
        (SMALL + "confirm: {top: 0}\n", "6:16 confirm.top: 0 is out of range"),
        (SMALL + "confirm: {seeds: 2.5}\n", "6:18 confirm.seeds: 2.5 is not a whole number"),
        (SMALL + "confirm: {p_threshold: 1}\n", "6:24 confirm.p_threshold: 1 is out of range"),
        (SMALL + "ensemble: {holdout: 1}\n", "6:21 ensemble.holdout: 1 is out of range"),
        (SMALL + "limits: {a: 1}\n", "6:9 limits: {a: 1} is not a list"),
        (SMALL + "limits: [layers <]\n", "6:10 limits.0: the expression ends too soon"),
        (SMALL + "limits: [layers * 2]\n", "6:10 limits.0: `layers * 2` answers neither true nor false"),
        (SMALL + "limits: [1 < 2]\n", "6:10 limits.0: `1 < 2` asks for no knob; name a knob"),
        (SMALL + "limits: [filters > 2]\n", "6:10 limits.0: `filters` is no parameter"),
        (SMALL + "limits: [open(layers) > 2]\n", "6:10 limits.0: `open` is no function"),
        (
            SMALL + "limits: [reduce_lr.factor > 0.1]\n",
            "6:10 limits.0: `reduce_lr.factor` has no value, as training.reduce_lr is none; "
            "give training.reduce_lr, or drop the limit",
        ),
        (SMALL + "search: {sampler: tpee}\n", "6:19 search.sampler: tpee is not one of them; did you mean "),
        (SMALL + "search: {driver: keras}\n", "6:18 search.driver: keras is not one of them; did you mean `"),
        (SMALL + "search: {pruner: medain}\n", "6:18 search.pruner: there is no pruner `medain`; did you m"),
        (SMALL + "search: {pruner: 3}\n", "6:18 search.pruner: 3 is not a pruner"),
        (SMALL + "search: {pruner: {eta: 3}}\n", "6:18 search.pruner.name: `name` is missing"),
        (SMALL + "search: {pruner: threshold}\n", "6:18 search.pruner: threshold has neither `lower` nor"),
        (
            SMALL + "search: {pruner: {name: hyperband, eta: 1}}\n",
            "6:41 search.pruner.eta: eta is 1; make it at least 2",
        ),
        (
            SMALL + "search: {pruner: {name: median, eta: 1}}\n",
            "6:33 search.pruner.eta: the pruner median has no `eta`; known are interval_epochs, min_trials, name",
        ),
        (
            SMALL + "search: {sampler: random, startup_trials: 5}\n",
            "6:43 search.startup_trials: the sampler random makes no use of it; leave it out",
        ),
        (SMALL + "search: {duplicates: again}\n", "6:22 search.duplicates: again is not one of them"),
        (SMALL + "search: {audit: 3}\n", "6:17 search.audit: 3 is out of range"),
        (
            SMALL + "search: {pruner: none, audit: 0.1}\n",
            "6:31 search.audit: the pruner none stops no trial; leave it out, or take another pruner",
        ),
        (
            SMALL.replace("{trials: 4}", "{trials: 4, patience_trials: 0}"),
            "5:38 budget.patience_trials: 0 is out of range; write a whole number of at least 1",
        ),
        (
            SMALL.replace("{trials: 4}", "{trials: 4, expected_gain_below: 0}"),
            "5:42 budget.expected_gain_below: 0 is out of range; write a number that is more than 0",
        ),
        (SMALL.replace("{trials: 4}", "{target: 0.9}"), "5:9 budget: the budget has no bound; give at least one"),
        (SMALL + "workers: {memory: much}\n", "6:19 workers.memory: much is not an amount; write it like 512 MB"),
        (
            SMALL + "workers: {gpus_per_trial: 1.5}\n",
            "6:27 workers.gpus_per_trial: 1.5 is neither a share of one GPU nor a whole number of them; write a share",
        ),
        (SMALL + "workers: {gpus_per_trial: -1}\n", "6:27 workers.gpus_per_trial: -1 is out of range"),
        (SMALL + "keep: 0\n", "6:7 keep: 0 is out of range; write a whole number of at least 1"),
        (SMALL + "keep: lots\n", "6:7 keep: lots is not an amount; write it like 512 MB, 4 GB or 1.5 TB"),
        (SMALL + "training: {metrics: [auc, rmse]}\n", "6:27 training.metrics.1: `rmse` does not fit a mult"),
        (SMALL + "training: {metrics: [val_auc]}\n", "6:22 training.metrics.0: `val_auc` is computed with"),
        (SMALL + "training: {metrics: [rocauc]}\n", "6:22 training.metrics.0: unknown metric `rocauc`"),
        (SMALL + "training: {loss: mse}\n", "6:18 training.loss: the loss mse does not fit a multiclass tas"),
        (
            SMALL + "training: {loss: {choice: [auto, mse]}}\n",
            "6:34 training.loss.choice.1: the loss mse does not fit a multiclass task; choose among auto",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, text: str, line: str) -> None:
    assert only(tmp_path, text).startswith(f"space.yaml:{line}")


@pytest.mark.parametrize(
    ("objective", "line"),
    [
        ("val_acc", "4:12 objective.metric: unknown metric `val_acc`; "),
        ("accuracy", "4:12 objective.metric: `accuracy` is measured on training rows; write `val_accuracy`"),
        ("val_mse", "4:12 objective.metric: `val_mse` does not fit a multiclass task; choose among val_loss"),
        (
            "{metric: val_accuracy, goal: min}",
            "4:41 objective.goal: `val_accuracy` improves towards max, not min; leave `goal` out",
        ),
        ("{goal: up}", "4:19 objective.goal: up is not one of them"),
        ("{at: first}", "4:17 objective.at: first is no rule; write best, last or {mean_of_last: 3}"),
        ("{at: {mean_of_last: 0}}", "4:32 objective.at.mean_of_last: 0 is no number of epochs"),
        ("{at: {mean: 3}}", "4:18 objective.at.mean: unknown key `mean`; "),
    ],
)
def test_an_objective_that_cannot_be_is_told(tmp_path: Path, objective: str, line: str) -> None:
    told = only(tmp_path, SMALL.replace("val_accuracy", objective))
    assert told.startswith(f"space.yaml:{line}")


def test_a_metric_without_a_direction_needs_a_goal(tmp_path: Path) -> None:
    text = SMALL.replace("digits", "diabetes").replace("val_accuracy", "val_bias")
    assert only(tmp_path, text) == (
        "space.yaml:4:12 objective.metric: `val_bias` is better neither when large nor when small; "
        "add `goal: max` or `goal: min` to the objective"
    )


def test_a_loss_that_differs_between_trials_is_no_objective(tmp_path: Path) -> None:
    text = SMALL.replace("val_accuracy", "val_loss") + "training: {loss: {choice: [auto, focal]}}\n"
    assert "`val_loss` is another number in every trial, as training.loss varies" in only(tmp_path, text)


def test_a_stated_task_must_be_the_one_of_the_source(tmp_path: Path) -> None:
    text = SMALL.replace("sklearn:digits", "{source: sklearn:digits, task: regression}")
    assert "data.task: sklearn:digits is no regression; leave `task` out" in only(tmp_path, text)


def test_numbers_as_targets_have_no_classes(tmp_path: Path) -> None:
    text = SMALL.replace("sklearn:digits", "{source: sklearn:diabetes, split: {stratify: true}}")
    text = text.replace("val_accuracy", "val_mae") + "training: {class_weights: balanced, label_smoothing: 0.1}\n"
    told = problems(tmp_path, text)
    assert [line.split(": ", 1)[1] for line in told] == [
        "numbers as targets cannot be stratified; leave `stratify` out",
        "class_weights has no effect here: the task is regression; leave it out",
        "label_smoothing has no effect here: the task is regression; leave it out",
    ]


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("{group: g, time: t}", "data.split.time: it does not go with `group`"),
        ("{stratify: true, time: t}", "data.split.stratify: it does not go with `time`"),
        ("{validation: 0.5, test: 0.5}", "validation 0.5 and test 0.5 leave no training rows"),
        ("{test: [a]}", "data.split.test: [a] is neither a share nor a file name"),
        ("0.2", "data.split: 0.2 is not a mapping; write a mapping with keys of validation, test"),
    ],
)
def test_a_split_that_cannot_be_is_told(tmp_path: Path, split: str, message: str) -> None:
    assert message in only(tmp_path, SMALL.replace("sklearn:digits", f"{{source: a.csv, split: {split}}}"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.momentum=0.9"], "training.momentum: momentum has no effect here: `optimizer in [sgd, rm"),
        (["training.momentum={float: [0, 0.9]}"], "can never be true (optimizer is adam); leave it out"),
        (["training.optimizer=sgd", "training.nesterov=true"], "nesterov has no effect here"),
        (["model.l2=1e-4"], "(regularizer is none)"),
        (["training.decay_rate=0.5"], "(schedule is constant)"),
        (["model.layers={int: [1, 3], when: layers > 2}"], "model.layers.when: its condition hangs on itsel"),
        (
            ["model.units={int: [1, 4], when: layers > 3}"],
            "`layers > 3` can never be true (layers is 2); change the condition, or",
        ),
        (["model.units={int: [1, 4], when: layrs > 3}"], "`layrs` is no parameter; did you mean `layers`?"),
        (["model.units={int: [1, 4], when: layers}"], "model.units.when: "),
        (["model.units={int: [1, 4], when: layers + 1}"], "`layers + 1` is neither true nor false"),
        (["model.units={int: [1, 4], when: 1 < 2}"], "`1 < 2` asks for no knob"),
        (["model.units={int: [1, 4], when: reduce_lr.factor > 0}"], "has no value, as training.reduce_lr is"),
        (["model.units={int: [1, 4], when: {optimizer: sdg}}"], "model.units.when: "),
        (["model.units=[1, 2, 3]"], "model.units: 3 values are listed, but layers is 2"),
        (["model.units=[1, 2]", "model.layers={int: [1, 2]}"], "2 values are listed, but layers varies"),
        (["model.activation={choice: [relu, tanh], per: layers}"], "leave `per` out"),
        (["training.clip_norm=1", "training.clip_value=1"], "clip_value has no effect here: `clip_norm == 0` can"),
        (["search.sampler=grid", "model.dropout={float: [0, 0.5]}"], "model.dropout: the sampler grid canno"),
    ],
)
def test_a_knob_that_cannot_be_is_told(tmp_path: Path, overrides: list[str], message: str) -> None:
    assert message in only(tmp_path, FIXED, *overrides)


AMOUNTS = Signature("regression", (3,), 1, (), ("y",), 10)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("objective: val_accuracy", "objective.metric: `val_accuracy` does not fit a regression task; choose among"),
        ("training: {metrics: [auc]}", "training.metrics.0: `auc` does not fit a regression task"),
        ("training: {loss: focal}", "training.loss: the loss focal does not fit a regression task; choose among auto"),
        ("training: {class_weights: balanced}", "class_weights has no effect here: the task is regression"),
        (
            "model: cnn",
            "a cnn takes images (height, width, channels), but a row has the shape (3,); write `family: mlp`",
        ),
        ("model: rnn", "an rnn takes windows (steps, features), but a row has the shape (3,); write `family: mlp`"),
    ],
)
def test_a_study_that_does_not_fit_its_data_is_told_where(tmp_path: Path, line: str, message: str) -> None:
    """Of a file of rows, only its data tell the task."""
    study = read(tmp_path, f"data: {{source: rows.csv, target: y}}\nbudget: 3\n{line}\n")
    with pytest.raises(SpecError) as caught:
        study.refuse_unfit(AMOUNTS)
    assert len(caught.value.problems) == 1
    assert str(caught.value.problems[0]).startswith(f"{tmp_path}/space.yaml:3:")
    assert message in str(caught.value)


def test_conditions_in_a_circle_are_told(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        FIXED,
        "model.layers={int: [1, 3], when: batch_norm}",
        "model.batch_norm={choice: [true, false], when: layers > 1}",
    )
    assert "conditions go in a circle: layers -> batch_norm -> layers; take one of these conditions away" in told[0]


def test_what_follows_from_a_mistake_is_not_told_as_well(tmp_path: Path) -> None:
    text = SMALL + "training: {optimiser: sgd, momentum: 0.9}\nmodel: {regularizer: l4, l2: 0.1}\n"
    told = problems(tmp_path, text)
    assert [line.split(": ")[0] for line in told] == [
        "space.yaml:6:12 training.optimiser",
        "space.yaml:7:22 model.regularizer",
    ]


def test_a_duplicate_key_is_told_with_both_places_beside_other_mistakes(tmp_path: Path) -> None:
    told = problems(tmp_path, SMALL + "seed: 1\nseed: 2\nworkers: two\n")
    assert told[0].startswith("space.yaml:7:1 seed: the key is given twice, first at ")
    assert "space.yaml:6:1" in told[0]
    assert told[1].startswith("space.yaml:8:10 workers: two is not a whole number")


def test_an_override_is_told_as_such(tmp_path: Path) -> None:
    assert only(tmp_path, SMALL, "seed=1", "training.epochs=0").startswith(
        "command line:1:2 training.epochs: 0 is out of range"
    )


def test_a_missing_file_is_told_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such file"):
        load(tmp_path / "absent.yaml")


def test_an_unreadable_text_is_told_alone(tmp_path: Path) -> None:
    assert only(tmp_path, "version: [1\n").startswith("space.yaml:")


def test_a_study_without_mistakes_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, FIXED).space.names == ()


ODD = (
    *(
        "null",
        "[]",
        "{}",
        "''",
        "-1",
        "1e400",
        ".nan",
        "true",
        "0",
        "99999999999999999999",
        "word",
        "[[]]",
        "{a: 1}",
    ),
    *(
        "{int: null}",
        "{int: [[], {}]}",
        "{int: [1, .inf]}",
        "{float: [1, a]}",
        "{float: [-.inf, .inf], step: 0}",
    ),
    *(
        "{choice: {}}",
        "{choice: [{}, []]}",
        "{choice: [.nan, .nan]}",
        "{choice: [1, true]}",
        "{int: [1, 2], step: {}}",
    ),
    *(
        "{float: [0.1, 0.2], when: '((('}",
        "{int: [1, 2], when: {1: 2}}",
        "{int: [1, 2], per: []}",
        "{name: []}",
    ),
    *(
        "{int: [1, 2], default: []}",
        "{choice: [1, 2], when: 'max() > 1'}",
        "{int: [1, 2], when: 'layers / 0 > 1'}",
    ),
)
"""Values that fit hardly anywhere."""


@pytest.mark.parametrize("family", ["mlp", "cnn", "rnn"])
def test_no_value_anywhere_ends_in_anything_but_a_sentence(tmp_path: Path, family: str) -> None:
    sections = sorted({key.split(".")[0] for key in KEYS})
    places = [*KEYS, *(path for _, path, _ in ALL), *sections, "version", "model", "data.split"]
    for i, place in enumerate(places):
        for value in ODD[i % 11 :: 11]:  # every value meets many places, though not all
            told = told_about(tmp_path, SMALL + f"model: {family}\n", f"{place}={value}")
            assert all(problem.problem and problem.mend for problem in told)


def told_about(folder: Path, text: str, *overrides: str) -> tuple[Problem, ...]:
    """The problems of `text`, if there are any."""
    try:
        read(folder, text, *overrides)
    except SpecError as error:
        return error.problems
    return ()
