"""No key of the study file is dead: each has a test that shows what it changes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from models.spec.entries import Spec
from models.spec.families import FAMILIES, spec_of
from models.spec.sections import Section, entries_of
from models.spec.space_reader import KINDS, OPTIONS
from search.pruning import registry
from search.spec_search import PrunerEntry
from search.spec_several import AimsEntry, AimSpec
from search.spec_study import Family, StudySpec

ROOT = Path(__file__).parents[1]

DATA = "tests/models/data/"
SOURCES, SPLITS = DATA + "test_data_sources.py::", DATA + "test_data_splits.py::"
TARGETS, COLUMNS, PREPARED = (DATA + f"test_{name}.py::" for name in ("data_targets", "preprocessor", "prepare"))
MODEL = "tests/models/families/test_family_knobs.py::"
TRAINING = "tests/models/training/test_training_knobs.py::"
HISTORY = TRAINING + "test_a_key_changes_the_history"
ENDS = TRAINING + "test_a_key_says_when_a_trial_ends"
RATE = TRAINING + "test_a_key_changes_the_learning_rate"
NUMBERS = "tests/models/training/test_optimizers_and_losses.py::"
PATH = NUMBERS + "test_every_number_of_an_optimizer_changes_its_path"
SPEC = "tests/search/test_spec.py::"
STUDY = "tests/search/test_session.py::"
SEVERAL = "tests/search/test_several_objectives.py::"
RULES = "tests/search/test_study_rules.py::"
BACKEND = "tests/search/backends/test_local_backend.py::"
DRIVERS = "tests/search/drivers/"
PRUNER = "tests/search/pruning/test_pruner_options.py::test_an_option_changes_a_decision"

TESTS: dict[str, str] = {
    "version": "tests/search/test_spec_errors.py::test_a_mistake_is_told_where_it_stands[version 2]",
    "study": STUDY + "test_the_study_names_its_folder",
    "seed": STUDY + "test_the_seed_decides_the_suggestions_and_the_seed_of_every_trial",
    "folder": STUDY + "test_folder_says_where_studies_are_kept",
    # ---------------------------------------------------------------------------------------- data
    "data.source": SOURCES + "test_embedded_tables_have_named_columns",
    "data.code": "tests/search/test_own_trial.py::test_rows_go_to_the_model_as_they_are",
    "data.folder": SOURCES + "test_a_misspelt_file_is_told_the_nearest",
    "data.target": PREPARED + "test_several_targets_have_a_column_each",
    "data.task": TARGETS + "test_task_states_what_the_values_do_not",
    "data.names": PREPARED + "test_new_rows_of_a_headless_file_come_in_any_of_its_spellings",
    "data.separator": SOURCES + "test_the_wrong_separator_is_told_the_right_one",
    "data.missing": COLUMNS + "test_stated_missing_words_are_missing",
    "data.labels": TARGETS + "test_labels_join_spellings_of_a_class",
    "data.ignore": SOURCES + "test_ignored_columns_are_left_out",
    "data.numbers": COLUMNS + "test_columns_stated_as_numbers_are_read_as_numbers",
    "data.categories": COLUMNS + "test_numbers_stated_as_categories_are_words",
    "data.dates": COLUMNS + "test_stated_dates_are_read_in_the_one_order_that_fits_all",
    "data.rows": SPLITS + "test_rows_thins_the_training_part_alone_and_keeps_the_shares",
    "data.split.validation": SPLITS + "test_files_are_taken_whole",
    "data.split.test": SPLITS + "test_test_none_gives_no_test_part",
    "data.split.group": SPLITS + "test_a_group_is_never_torn_apart",
    "data.split.time": SPLITS + "test_time_puts_the_last_rows_last_and_keeps_equal_times_together",
    "data.split.stratify": SPLITS + "test_an_unstratified_split_follows_chance",
    "data.windows": COLUMNS + "test_windows_are_scaled_by_feature_and_get_no_channel",
    "data.scaling": PREPARED + "test_another_seed_spec_or_content_is_prepared_again",
    "data.max_categories": COLUMNS + "test_max_categories_keeps_the_most_frequent",
    # ---------------------------------------------------------------------------------------- objective
    "objective.metric": STUDY + "test_the_metric_of_the_objective_ranks_the_trials_and_picks_their_epoch",
    "objective.goal": STUDY + "test_the_goal_turns_the_ranking_round",
    "objective.at": STUDY + "test_the_rule_of_the_objective_says_which_epoch_counts",
    "objective.code": "tests/search/test_own_objective.py::test_a_trial_tells_its_parameters_before_its_reports",
    "objective.reports": "tests/search/test_spec_own_objective.py::test_reports_bound_a_trial",
    "objectives.metric": SEVERAL + "test_the_front_is_the_one_that_optuna_finds_in_the_record",
    "objectives.goal": SEVERAL + "test_the_goal_of_a_further_metric_turns_the_front_round",
    "objectives.at": SEVERAL + "test_all_objectives_are_read_at_the_epoch_of_the_first",
    # ---------------------------------------------------------------------------------------- model
    "model(mlp).family": MODEL + "test_the_layers_of_an_mlp_stand_in_this_order",
    "model(cnn).family": MODEL + "test_the_layers_of_a_cnn_stand_in_this_order",
    "model(rnn).family": MODEL + "test_the_layers_of_an_rnn_stand_in_this_order",
    "model(code).family": "tests/search/test_spec_code.py::test_code_needs_no_family",
    "model(code).code": "tests/search/test_own_trial.py::test_a_trial_tells_its_parameters_before_anything_else",
    "model(code).space": "tests/search/test_spec_code.py::test_the_space_of_the_study_file_is_searched",
    "model(rnn).others": SPEC + "test_others_can_be_told_to_stay_fixed",
    "model(mlp).others": SPEC + "test_others_can_be_told_to_stay_fixed",
    "model(cnn).others": SPEC + "test_others_can_be_told_to_stay_fixed",
    "model(cnn).augmentation": MODEL + "test_without_augmentation_there_are_no_layers_for_it",
    **{
        f"model(mlp).{key}": f"{MODEL}test_a_key_changes_the_model[{key}]"
        for key in ("layers", "units", "activation", "batch_norm", "dropout", "regularizer", "l1", "l2", "residual")
    },
    **{
        f"model(cnn).{key}": f"{MODEL}test_a_key_changes_the_model[{key}]"
        for key in (
            *("blocks", "filters", "kernel", "convolution", "convolutions", "pooling", "activation", "batch_norm"),
            *("dropout", "head", "regularizer", "l1", "l2"),
            *(f"augmentation.{kind}" for kind in ("flip", "shift", "rotation", "zoom")),
        )
    },
    **{
        f"model(rnn).{key}": f"{MODEL}test_a_key_changes_the_model[{key}]"
        for key in (
            *("cell", "layers", "units", "bidirectional", "pooling", "layer_norm", "dropout"),
            *("head", "head_activation", "regularizer", "l1", "l2"),
        )
    },
    # ---------------------------------------------------------------------------------------- training
    "training.others": SPEC + "test_others_can_be_told_to_vary_beside_written_knobs",
    **{
        f"training.{key}": f"{HISTORY}[{key}]"
        for key in ("epochs", "batch_size", "optimizer", "loss", "class_weights", "metrics")
    },
    **{
        f"training.{key}": f"{PATH}[{key}]"
        for key in ("momentum", "nesterov", "beta_1", "beta_2", "rho", "weight_decay", "clip_norm", "clip_value")
    },
    "training.label_smoothing": NUMBERS + "test_label_smoothing_changes_every_classification_loss",
    **{
        f"training.{key}": f"{RATE}[{key}]"
        for key in (
            *("learning_rate", "schedule", "warmup_epochs", "decay_rate", "decay_epochs"),
            *("reduce_lr", "reduce_lr.factor", "reduce_lr.patience", "reduce_lr.min_lr"),
        )
    },
    **{
        f"training.{key}": f"{ENDS}[{key}]"
        for key in (
            *("early_stopping", "early_stopping.patience", "early_stopping.min_delta"),
            *("early_stopping.start_from_epoch", "stop_on_nan", "stop_at"),
        )
    },
    "training.callbacks": "tests/models/training/test_own_callbacks.py::test_a_callback_that_stops_training_is_named",
    "training.restore_best": TRAINING + "test_restore_best_keeps_the_weights_of_the_best_epoch",
    "training.jit_compile": "tests/models/training/test_jit_compile.py::test_xla_changes_no_number",
    "training.csv_log": "tests/search/test_trial.py::test_csv_log_false_leaves_no_log",
    "training.checkpoint_every": TRAINING + "test_checkpoint_every_says_how_often",
    # ---------------------------------------------------------------------------------------- spaces
    "space.int": "tests/spaces/test_domains.py::test_what_is_sampled_is_contained",
    "space.float": "tests/spaces/test_domains.py::test_what_is_sampled_is_contained",
    "space.choice": "tests/spaces/test_domains.py::test_what_is_sampled_is_contained",
    "space.log": "tests/spaces/test_domains.py::test_a_log_range_gives_each_decade_its_share",
    "space.step": "tests/spaces/test_domains.py::test_stepped_numbers_are_exact_decimals",
    "space.ordered": DRIVERS + "test_optuna_driver.py::test_an_ordered_choice_is_a_number_to_samplers",
    "space.when": SPEC + "test_built_in_and_written_conditions_hold_together",
    "space.per": SPEC + "test_per_layer_values_exist_for_the_layers_there_are",
    "space.default": SPEC + "test_defaults_of_spaces_are_the_first_guess",
    "space.prior": "tests/search/test_spec_priors.py::"
    "test_the_first_trials_of_every_other_sampler_are_drawn_near_the_prior",
    # ---------------------------------------------------------------------------------------- search
    "search.driver": "tests/search/test_spec_oracle.py::test_the_oracle_makes_the_suggestions",
    "search.sampler": STUDY + "test_the_sampler_makes_the_suggestions",
    "search.oracle": "tests/search/test_spec_oracle.py::test_the_oracle_makes_the_suggestions",
    "search.startup_trials": STUDY + "test_startup_trials_say_when_the_sampler_begins_to_learn",
    "search.grid_points": STUDY + "test_grid_points_say_how_many_values_of_a_range_are_tried",
    "search.duplicates": RULES + "test_duplicates_are_passed_over_or_trained_with_another_seed",
    "search.audit": RULES + "test_the_audit_lets_stopped_trials_finish_and_says_what_came_of_it",
    "search.pruner": STUDY + "test_the_pruner_ends_poor_trials_early",
    **{
        f"search.pruner({name}).{option}": f"{PRUNER}[{option}]"
        for name, options in (
            ("median", ("startup_trials", "warmup_epochs", "interval_epochs", "min_trials")),
            ("percentile", ("percentile", "startup_trials", "warmup_epochs", "interval_epochs", "min_trials")),
            ("successive_halving", ("min_epochs", "eta", "min_early_stopping_rate")),
            ("hyperband", ("min_epochs", "eta", "promote")),
            ("patient", ("patience", "min_delta", "pruner")),
            ("threshold", ("lower", "upper", "warmup_epochs", "interval_epochs")),
            ("asha", ("min_epochs", "eta")),
            ("one_epoch", ("min_epochs", "one_in")),
            ("extrapolate", ("least_chance", "startup_trials", "warmup_epochs", "interval_epochs")),
            ("dominated", ("dominators", "warmup_epochs", "interval_epochs")),
        )
        for option in options
    },
    # ---------------------------------------------------------------------------------------- the rest
    "budget.trials": STUDY + "test_the_budget_of_trials_ends_the_study",
    "budget.time": STUDY + "test_the_budget_of_time_ends_the_study",
    "budget.epochs": STUDY + "test_the_budget_of_epochs_ends_the_study",
    "budget.target": RULES + "test_the_target_ends_the_study_in_the_middle_of_a_trial",
    "budget.patience_trials": RULES + "test_patience_ends_the_study_and_more_of_it_goes_on",
    "budget.expected_gain_below": RULES + "test_a_small_expected_gain_ends_the_study",
    **{
        f"confirm{key}": f"tests/search/test_confirmed_studies.py::{test}"
        for key, test in {
            "": "test_nothing_is_confirmed_unless_it_is_written",
            ".top": "test_the_best_so_many_are_trained_again_with_so_many_seeds",
            ".seeds": "test_the_best_so_many_are_trained_again_with_so_many_seeds",
            ".p_threshold": "test_the_threshold_says_who_gets_no_further_seeds",
        }.items()
    },
    "limits": STUDY + "test_limits_refuse_configurations_without_training_them",
    "workers.count": BACKEND + "test_count_workers_train_at_the_same_time",
    "workers.threads": "tests/models/training/test_predict_and_process.py::test_threads_reach_tensorflow",
    "workers.trial_time": STUDY + "test_the_time_of_a_trial_ends_it_after_its_epoch",
    "workers.memory": BACKEND + "test_a_worker_beyond_its_memory_is_ended_in_the_middle_of_its_epoch",
    "workers.gpus_per_trial": BACKEND + "test_every_worker_and_its_successor_have_the_environment_of_their_place",
    "workers.silence": BACKEND + "test_a_trial_whose_epoch_takes_longer_than_the_silence_is_taken_for_hung",
    "keep.trials": STUDY + "test_beyond_so_many_trials_the_files_of_the_worst_are_deleted",
    "keep.disk": STUDY + "test_beyond_so_much_disk_the_files_of_the_worst_are_deleted",
    "ensemble": STUDY + "test_without_an_ensemble_none_is_made",
    "ensemble.size": STUDY + "test_the_size_of_the_ensemble_bounds_its_members",
    "ensemble.holdout": STUDY + "test_the_holdout_says_on_how_many_rows_the_ensemble_is_judged",
    "tracking.mlflow": STUDY + "test_tracking_says_where_mlflow_keeps_the_study_and_in_which_experiment",
    "tracking.experiment": STUDY + "test_tracking_says_where_mlflow_keeps_the_study_and_in_which_experiment",
}
"""Key -> the test that shows that it changes what happens, not only that it is read; in brackets a word of the case."""


def keys(spec: type[Spec], above: str = "") -> Iterator[str]:
    """Every key of `spec` that holds a value, and every section that may be none."""
    for name, entry in entries_of(spec).items():
        path = f"{above}.{name}" if above else name
        if isinstance(entry, Section):
            if entry.none:
                yield path
            yield from keys(entry.spec, path)
        elif isinstance(entry, AimsEntry):
            yield from keys(AimSpec, path)
        elif isinstance(entry, Family):
            for family in FAMILIES:
                yield from keys(spec_of(family), f"{path}({family})")
        else:
            yield path
            if isinstance(entry, PrunerEntry):
                options = registry.OPTIONS.items()
                yield from (f"{path}({pruner}).{option}" for pruner, its in options for option in its)


def all_keys() -> set[str]:
    of_spaces = {*KINDS, *(option for options in OPTIONS.values() for option in options)}
    return {*keys(StudySpec), *(f"space.{key}" for key in of_spaces)}


def test_every_key_has_a_test_and_every_entry_a_key() -> None:
    assert sorted(all_keys() - TESTS.keys()) == [], "keys without a test that shows what they change"
    assert sorted(TESTS.keys() - all_keys()) == [], "entries without a key"


def test_every_test_of_the_table_is_there() -> None:
    read: dict[str, tuple[set[str], set[str]]] = {}
    absent = []
    for key, test in TESTS.items():
        path, _, rest = test.partition("::")
        function, _, case = rest.rstrip("]").partition("[")
        functions, constants = read.setdefault(path, _read(ROOT / path))
        if function not in functions or not any(case in constant for constant in constants):
            absent.append(f"{key}: {test}")
    assert absent == []


def _read(path: Path) -> tuple[set[str], set[str]]:
    """Names of the test functions of a file, and its texts."""
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    functions = {node.name for node in tree if isinstance(node, ast.FunctionDef)}
    texts = {node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return functions, texts
