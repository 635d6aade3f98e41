"""The `trial` of a worker against Optuna's own: the same calls give the same kinds of values and the same errors."""

import optuna
import pytest

from models.code.hyperparameters import ParameterError
from models.code.suggested import Suggested
from models.objective import Direction
from search.optuna_trial import ConstraintError, OwnStudy, OwnTrial
from search.own_trial import draw_of
from spaces.domains import Categories, FloatRange, IntRange

CALLS = {
    "float": lambda trial: trial.suggest_float("p", 0, 1),
    "log float": lambda trial: trial.suggest_float("p", 1e-5, 1e-1, log=True),
    "stepped float": lambda trial: trial.suggest_float("p", 0.0, 1.0, step=0.3),
    "int": lambda trial: trial.suggest_int("p", 1, 9),
    "log int": lambda trial: trial.suggest_int("p", 1, 512, log=True),
    "stepped int": lambda trial: trial.suggest_int("p", 16, 250, step=16),
    "one float": lambda trial: trial.suggest_float("p", 2, 2),
    "one int": lambda trial: trial.suggest_int("p", 3, 3),
    "one choice": lambda trial: trial.suggest_categorical("p", ["a"]),
    "texts": lambda trial: trial.suggest_categorical("p", ["relu", "tanh"]),
    "mixed": lambda trial: trial.suggest_categorical("p", [None, "auto", 2, 0.5]),
    "flags": lambda trial: trial.suggest_categorical("p", [True, False]),
}
WRONG = {
    "turned round": lambda trial: trial.suggest_float("p", 1, 0),
    "no logarithm": lambda trial: trial.suggest_float("p", 0, 1, log=True),
    "log and step": lambda trial: trial.suggest_float("p", 1, 10, log=True, step=1),
    "log and step of whole numbers": lambda trial: trial.suggest_int("p", 1, 10, log=True, step=2),
    "no choice": lambda trial: trial.suggest_categorical("p", []),
    "no step": lambda trial: trial.suggest_int("p", 1, 10, step=0),
    "a negative step": lambda trial: trial.report(1.0, -1),
    "a text as value": lambda trial: trial.report("high", 0),
    "a text as step": lambda trial: trial.report(1.0, "first"),
}


def ours(given=None, *, number=0, report=lambda value: False):
    study = OwnStudy.of("digits", Direction.MAXIMIZE)
    return OwnTrial(number, study, Suggested(given or {}, draw_of(7, number)), report)


def theirs():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1)).ask()


@pytest.mark.filterwarnings("ignore:The distribution is specified")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_value_is_one_that_optuna_could_have_given(call):
    for number in range(20):
        trial, other = ours(number=number), theirs()
        value, their = call(trial), call(other)
        held = other.distributions["p"]
        assert trial.distributions["p"] == held
        assert held._contains(held.to_internal_repr(value))
        assert trial.params == {"p": value}
        if not isinstance(held, optuna.distributions.CategoricalDistribution):
            assert type(value) is type(their)
        assert call(optuna.trial.FixedTrial({"p": value})) == value


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG.keys())
def test_what_optuna_refuses_is_refused_by_an_error_of_the_same_kind(call):
    with pytest.raises((ValueError, TypeError)) as expected:
        call(theirs())
    with pytest.raises(expected.type) as found:
        call(ours())
    assert str(found.value).split()[:3] == str(expected.value).split()[:3]


def test_it_is_a_trial_for_programs_that_check():
    assert isinstance(ours(), optuna.trial.BaseTrial)


def test_old_names_ask_for_the_same_ranges():
    trial = ours()
    trial.suggest_uniform("a", 0, 1)
    trial.suggest_loguniform("b", 1e-3, 1)
    trial.suggest_discrete_uniform("c", 0, 1, 0.25)
    assert [d.domain for d in trial._suggested.dimensions] == [
        FloatRange(0, 1),
        FloatRange(1e-3, 1, log=True),
        FloatRange(0, 1, step=0.25),
    ]


def test_a_suggestion_is_taken_and_what_is_not_suggested_is_drawn_by_name():
    trial = ours({"units": 64})
    assert trial.suggest_int("units", 16, 128) == 64
    drawn = trial.suggest_float("rate", 0, 1)
    assert ours().suggest_float("rate", 0, 1) == drawn
    assert ours(number=1).suggest_float("rate", 0, 1) != drawn


def test_the_same_name_is_the_same_value():
    trial = ours()
    assert trial.suggest_float("x", 0, 1) == trial.suggest_float("x", 0, 1)


def test_one_name_with_two_ranges_names_both_places():
    trial = ours()
    trial.suggest_int("x", 0, 1)
    with pytest.raises(
        ParameterError, match=r"test_optuna_trial.py:\d+: `x` is .*2.* at test_optuna_trial.py:\d+; give"
    ):
        trial.suggest_int("x", 0, 2)


@pytest.mark.parametrize("name", ["", "a`b"])
def test_a_name_that_no_table_can_show_is_refused(name):
    with pytest.raises(ParameterError, match=r"is no name of a parameter; give a text without backticks"):
        ours().suggest_int(name, 0, 1)


def test_a_range_that_a_study_cannot_hold_names_its_place():
    with pytest.raises(ParameterError, match=r"test_optuna_trial.py:\d+: `x`: .* is too wide"):
        ours().suggest_int("x", 0, 2**60)


def test_choices_that_are_no_plain_values_are_held_as_texts_and_given_as_they_are():
    trial = ours({"filters": "(64, 128)"})
    assert trial.suggest_categorical("filters", [(32, 64), (64, 128)]) == (64, 128)
    assert trial.params == {"filters": (64, 128)}
    (dimension,) = trial._suggested.dimensions
    assert dimension.domain == Categories(("(32, 64)", "(64, 128)"))


def test_what_does_not_vary_is_no_parameter_of_the_study():
    trial = ours()
    assert trial.suggest_float("x", 0.5, 0.5) == 0.5
    trial.suggest_int("n", 1, 2)
    assert trial._suggested.used.keys() == {"n"}
    assert [d.domain for d in trial._suggested.dimensions] == [IntRange(1, 2)]


def test_reports_are_told_and_the_last_answer_is_remembered():
    told = []

    def report(value):
        told.append(value)
        return value < 0

    trial = ours(report=report)
    assert not trial.should_prune()
    trial.report(1, 10)
    assert not trial.should_prune()
    trial.report(-1, 20)
    assert trial.should_prune()
    assert told == [1.0, -1.0]


def test_a_step_that_comes_again_is_passed_over():
    told = []
    trial = ours(report=lambda value: bool(told.append(value)))
    trial.report(1.0, 3)
    with pytest.warns(UserWarning, match="The value of step 3 was reported before"):
        trial.report(2.0, 3)
    assert told == [1.0]


def test_what_a_trial_knows():
    trial = ours(number=4)
    trial.set_user_attr("weights", 1200)
    assert (trial.number, trial.user_attrs, trial.system_attrs, trial.constraints) == (4, {"weights": 1200}, {}, {})
    assert trial.study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert trial.study.directions == [optuna.study.StudyDirection.MAXIMIZE]
    assert (trial.study.study_name, trial.study.user_attrs) == ("digits", {})
    assert OwnStudy.of("digits", Direction.MINIMIZE).direction == optuna.study.StudyDirection.MINIMIZE
    assert trial.datetime_start is not None


def test_what_a_trial_does_not_know_is_told():
    with pytest.raises(AttributeError, match=r"`trial.study.best_value` is not known in a worker"):
        _ = ours().study.best_value
    with pytest.raises(ConstraintError, match=r"\.py:\d+: constraints are not heeded here; raise optuna"):
        ours().set_constraint("size", 1.0)
