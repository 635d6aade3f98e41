"""The commands: `python -m search run | check | init | import | schema | show | export | predict`.

Parses, calls, and turns errors into one sentence and an exit code. Imports a framework only inside the command that
needs it.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from spaces.problems import MendableError, SpecError

USAGE = 2
"""Exit code of a mistake in what the user wrote; nothing has been run."""
FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    # before TensorFlow is imported anywhere: its C++ side prints to the terminal otherwise
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # before numpy is: its threads wait for cores on which trials train, and take many times as long as one thread
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except SpecError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} problem{'s' if len(error.problems) > 1 else ''}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\nstopped at once; `run` again continues from what is stored", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of a pipe such as `| head` has left; what Python flushes at its end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except MendableError as error:
        print(error, file=sys.stderr)
        return FAILED
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename} cannot be used ({error.strerror}); check the path and its rights", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m search",
        description="Hyperparameter search for Keras: one study file to a pruned, recorded study and an ensemble.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a study file, or continue the study it describes")
    _add_file(run)
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="validate a study file and sample its space; trains nothing")
    _add_file(check)
    check.add_argument("--build", action="store_true", help="also read the data and build a few models")
    check.set_defaults(command=_check)

    init = commands.add_parser("init", help="write a first study file for a model of your own code")
    init.add_argument("--from", dest="code", required=True, metavar="FILE.py:NAME", help="the function or HyperModel")
    init.add_argument("--to", type=Path, default=Path("study.yaml"), metavar="FILE", help="left out: study.yaml")
    init.set_defaults(command=_init)

    schema = commands.add_parser("schema", help="print the JSON Schema of study files, for editors")
    schema.set_defaults(command=_schema)

    _add_import(commands)

    show = commands.add_parser("show", help="the leaderboard of a study, or one of its trials")
    show.add_argument("study", help="name of a study, or its folder")
    show.add_argument("trial", nargs="?", type=int, help="number of a trial")
    show.set_defaults(command=_show)

    export = commands.add_parser("export", help="write the best ensemble of a study as one Keras model")
    export.add_argument("study", help="name of a study, or its folder")
    export.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write it")
    export.set_defaults(command=_export)

    predict = commands.add_parser("predict", help="use an exported model on rows of a file")
    predict.add_argument("exported", type=Path, help="folder that `export` wrote")
    predict.add_argument("rows", type=Path, help="a .csv, .parquet or .npz file of raw rows")
    predict.add_argument("--out", type=Path, required=True, metavar="FILE", help="CSV file of predictions")
    predict.set_defaults(command=_predict)
    return parser


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    importing = commands.add_parser("import", help="begin a study with the trials of an earlier search")
    importing.add_argument(
        "source",
        help="KerasTuner folder, sqlite:///optuna.db[:study], name or folder of a study, mlflow:EXPERIMENT, or .csv",
    )
    importing.add_argument(
        "--into", nargs="+", required=True, metavar=("FILE", "key=value"), help="study file that is to know them"
    )
    importing.add_argument(
        "--rename", action="append", default=[], metavar="OLD=NEW", help="another name of a parameter"
    )
    importing.add_argument("--without", action="append", default=[], metavar="NAME", help="a parameter to pass over")
    importing.add_argument(
        "--with",
        action="append",
        default=[],
        dest="given",
        metavar="NAME=VALUE",
        help="what a parameter always was",
    )
    importing.add_argument("--tracking-uri", default="sqlite:///mlflow.db", metavar="URI", help="MLflow's store")
    importing.set_defaults(command=_import)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="study file (YAML)")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="replace a value by its dotted path")


def _run(options: argparse.Namespace) -> int:
    from search.spec import load

    file = load(options.file, options.overrides)
    from search.session import run_study

    return run_study(file, stream=sys.stdout)


def _check(options: argparse.Namespace) -> int:
    from search.checking import check
    from search.spec import load

    return check(load(options.file, options.overrides), build=options.build, stream=sys.stdout)


def _init(options: argparse.Namespace) -> int:
    from search.starting import init

    return init(options.code, options.to, stream=sys.stdout)


def _import(options: argparse.Namespace) -> int:
    from search.importing.command import Wanted, import_into, names_of
    from search.spec import load

    file = load(Path(options.into[0]), options.into[1:])
    names = names_of(options.rename, dropped=options.without, given=options.given)
    wanted = Wanted(options.source, names, options.tracking_uri, overrides=options.into[1:])
    return import_into(file, wanted, stream=sys.stdout)


def _schema(options: argparse.Namespace) -> int:
    from search.spec import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


def _show(options: argparse.Namespace) -> int:
    from search.showing import show

    return show(options.study, options.trial, stream=sys.stdout)


def _export(options: argparse.Namespace) -> int:
    from search.exporting import export_study

    return export_study(options.study, options.to, stream=sys.stdout)


def _predict(options: argparse.Namespace) -> int:
    from models.predictor import Predictor

    predictions = Predictor.open(options.exported).predict(options.rows)
    predictions.to_csv(options.out, index=False)
    print(f"{len(predictions)} predictions in {options.out}")
    return 0
