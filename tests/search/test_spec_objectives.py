"""Several objectives in a study file: what they mean, and what cannot be with them."""

import pytest

from models.objective import Aim, Direction, Objective
from search.spec_objectives import check_several
from tests.search.spec_text import SMALL, problems, read

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
SEVERAL = SMALL.replace("objective: val_accuracy", "objectives: [val_accuracy, {metric: params, goal: min}]")


def test_the_first_objective_is_trained_for_and_the_others_are_read_at_its_epoch(tmp_path):
    study = read(tmp_path, SEVERAL, "objectives=[{metric: val_accuracy, at: {mean_of_last: 3}}, latency_ms]")
    assert study.objective == Objective("val_accuracy", UP, at="mean", last_k=3)
    assert study.aims == (Aim("val_accuracy", UP), Aim("latency_ms", DOWN))


def test_one_objective_has_no_aims(tmp_path):
    assert read(tmp_path, SMALL).aims == ()


def test_a_metric_that_is_an_objective_is_measured(tmp_path):
    study = read(tmp_path, SEVERAL, "objectives=[val_accuracy, val_auc, val_loss]", "training.metrics=[f1]")
    assert study.config({}).training.metrics == ("f1", "auc")


def test_a_metric_without_a_direction_takes_the_one_that_is_given(tmp_path):
    text = SEVERAL.replace("sklearn:digits", "sklearn:diabetes")
    study = read(tmp_path, text, "objectives=[val_mae, {metric: val_bias, goal: min}]")
    assert study.aims[1] == Aim("val_bias", DOWN)


@pytest.mark.parametrize(
    ("objectives", "pruner"),
    [
        ("[val_accuracy, params]", "dominated"),
        ("[val_accuracy, latency_ms, size_mb, train_seconds]", "dominated"),
        ("[val_accuracy, val_auc]", "none"),
        ("[val_accuracy, params, {metric: val_auc}]", "none"),
    ],
)
def test_trials_are_pruned_by_dominance_where_all_others_are_costs(tmp_path, objectives, pruner):
    assert read(tmp_path, SEVERAL, f"objectives={objectives}").choice.pruner.name == pruner
    assert read(tmp_path, SEVERAL + "search: random\n", f"objectives={objectives}").choice.pruner.name == pruner


@pytest.mark.parametrize("pruner", ["none", "{name: threshold, lower: 0.1}", "{name: dominated, dominators: 5}"])
def test_a_pruner_that_can_judge_them_may_be_named(tmp_path, pruner):
    assert read(tmp_path, SEVERAL, f"search.pruner={pruner}").spec.search.pruner.name in pruner


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "gp", "random", "qmc"])
def test_these_samplers_search_for_several_objectives(tmp_path, sampler):
    assert read(tmp_path, SEVERAL, f"search.sampler={sampler}").spec.search.sampler == sampler


def test_the_mean_over_seeds_is_of_one_objective(tmp_path):
    (told,) = problems(tmp_path, SEVERAL + "confirm: {top: 2, seeds: 2}\n")
    assert "confirm: the mean over seeds is that of one objective, and there are several; leave it out" in told


WRONG = {
    "[params, val_accuracy]": (
        "4:14 objectives.0.metric: the first objective is the one that is trained for, and `params` is a cost; write a "
        "metric such as val_accuracy first, and the costs after it"
    ),
    "[val_accuracy]": (
        "4:13 objectives: several objectives are two or more, and the list holds 1; add another one, or write "
        "`objective`"
    ),
    "val_accuracy": "4:13 objectives: val_accuracy is not a list; write a list such as [val_accuracy, params]",
    "[val_accuracy, 3]": ("4:28 objectives.1: 3 is no objective; write a metric, or {metric: params, goal: min}"),
    "[val_accuracy, params, params]": "4:36 objectives.2: the objective `params` stands twice; leave one out",
    "[val_accuracy, {metric: params, goal: max}]": (
        "4:51 objectives.1.goal: `params` improves towards min, not max; leave `goal` out"
    ),
    "[val_accuracy, {metric: val_auc, goal: min}]": (
        "4:52 objectives.1.goal: `val_auc` improves towards max, not min; leave `goal` out"
    ),
    "[val_accuracy, {metric: params, at: last}]": (
        "4:49 objectives.1.at: all objectives are read at the epoch of the first; leave it out, or write it there"
    ),
    "[val_accuracy, accuracy]": (
        "4:28 objectives.1.metric: `accuracy` is measured on training rows; write `val_accuracy`"
    ),
    "[val_accuracy, val_mae]": "4:28 objectives.1.metric: `val_mae` does not fit a multiclass task; choose",
    "[val_accuracy, latency]": (
        "4:28 objectives.1.metric: `latency` is neither a metric nor a cost of the model; did you mean `latency_ms`?"
    ),
    "[val_accuracy, {goal: min}]": "4:28 objectives.1.metric: `metric` is missing; add `metric:`",
}


@pytest.mark.parametrize("written", WRONG)
def test_a_mistake_is_told_where_it_stands(tmp_path, written):
    text = SMALL.replace("objective: val_accuracy", f"objectives: {written}")
    (told,) = problems(tmp_path, text)
    assert told.startswith(f"space.yaml:{WRONG[written]}")


def test_one_and_several_objectives_exclude_each_other(tmp_path):
    told = problems(tmp_path, SEVERAL + "objective: val_loss\n")
    assert told == [
        "space.yaml:4:1 objectives: `objective` and `objectives` exclude each other; keep one of them",
        "space.yaml:6:1 objective: `objective` and `objectives` exclude each other; keep one of them",
    ]


@pytest.mark.parametrize("sampler", ["cmaes", "freeze_thaw"])
def test_a_sampler_of_one_objective_is_refused(tmp_path, sampler):
    (told,) = problems(tmp_path, SEVERAL + f"search: {{sampler: {sampler}, pruner: none}}\n")
    assert told == (
        f"space.yaml:6:19 search.sampler: the sampler {sampler} searches for one objective, and there are several; "
        "take one of tpe, nsga2, gp, random, qmc, grid"
    )


@pytest.mark.parametrize("pruner", ["median", "asha", "extrapolate", "patient"])
def test_a_pruner_of_one_objective_is_refused(tmp_path, pruner):
    (told,) = problems(tmp_path, SEVERAL + f"search: {{pruner: {pruner}}}\n")
    assert told == (
        f"space.yaml:6:18 search.pruner: {pruner} judges trials by the first of several objectives alone; take "
        "dominated or threshold or none"
    )


def test_dominance_says_nothing_of_a_second_metric(tmp_path):
    text = SEVERAL.replace("{metric: params, goal: min}", "params, val_auc") + "search: {pruner: dominated}\n"
    (told,) = problems(tmp_path, text)
    assert told == (
        "space.yaml:6:18 search.pruner: dominated judges by the first objective and by `params`, which say nothing of "
        "`val_auc`; write `pruner: none`"
    )


def test_dominance_needs_several_objectives(tmp_path):
    (told,) = problems(tmp_path, SMALL + "search: {pruner: dominated}\n")
    assert told == (
        "space.yaml:6:18 search.pruner: the pruner dominated compares several objectives, and there is one; write "
        "median, or list the others under `objectives`"
    )


def test_the_expected_gain_is_that_of_one_objective(tmp_path):
    (told,) = problems(tmp_path, SEVERAL.replace("trials: 4", "trials: 4, expected_gain_below: 0.1"))
    assert told == (
        "space.yaml:5:42 budget.expected_gain_below: the expected gain is that of one objective, and there are "
        "several; leave it out, or write patience_trials"
    )


def test_a_loss_that_varies_is_no_further_objective(tmp_path):
    text = SEVERAL + "training: {loss: {choice: [categorical_crossentropy, focal]}}\n"
    assert (
        "`val_loss` is another number in every trial"
        in problems(tmp_path, text.replace("{metric: params, goal: min}", "val_loss"))[0]
    )


def test_a_driver_of_one_objective_is_refused(tmp_path):
    study = read(tmp_path, SEVERAL).spec
    changed = study.model_copy(update={"search": study.search.model_copy(update={"driver": "other"})})
    (fault,) = check_several(changed, lambda path: False)
    assert fault.below == ("search", "driver")
    assert fault.problem == "the driver other searches for one objective, and there are several"
    assert fault.mend == "take the driver optuna"
