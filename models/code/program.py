"""The user's program behind `model.code`: found, told what it is, and called to build a model."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from models.code.hyperparameters import HyperParameters
from models.signature import Signature
from models.spec.code import CodeSpec
from models.training.errors import TrainingError
from models.user_code import LoadedFile, load_file, missing, named_module

_WANTED = "write a function `build(hp)`, a keras_tuner.HyperModel, or a function `build(config, signature)`"
_REQUIRED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Program:
    """What builds the models of a study.

    reference: as the study file has it. call: builds a model of the parameters. fit: the program's own training, as
    `HyperModel.fit`; None where that is Keras' own. is_plain: whether it is a `build(config, signature)`. note: what
    was left out of its file, in a sentence.
    """

    reference: str
    call: Callable[[HyperParameters], Any]
    fit: Callable[..., Any] | None = None
    is_plain: bool = False
    note: str = ""

    def build(self, hp: HyperParameters) -> keras.Model:
        """A new model. Raises: TrainingError when it is none, and whatever the program raises."""
        model = self.call(hp)
        if not isinstance(model, keras.Model):
            raise TrainingError(
                f"model.code: `{self.reference}` returned {_article(type(model).__name__)}, no keras.Model",
                "return the model at the end of the function",
            )
        if not self.is_plain and self.fit is None and not model.compiled:
            raise TrainingError(
                f"model.code: `{self.reference}` returned a model that is not compiled", "call `model.compile` in it"
            )
        return model


def load_program(spec: CodeSpec, signature: Signature | None) -> Program:
    """The program of `spec`, its module run anew. signature: of the data, for a `build(config, signature)`.

    Raises: TrainingError when it is nothing that builds models, UserCodeError when its module cannot be loaded.
    """
    file = load_file(Path(spec.place), wanted=spec.name) if spec.is_in_file else None
    module = file.module if file is not None else named_module(spec.place, wanted="build")
    found = getattr(module, spec.name, None)
    if found is None:
        problem, mend = missing(module, file, place=spec.place, name=spec.name)
        raise TrainingError(f"model.code: {problem}", mend)
    note = file.left_out.words(file.path, spec.name) if file is not None else ""
    if callable(getattr(found, "run_trial", None)) and callable(getattr(found, "search", None)):
        raise TrainingError(
            f"model.code: `{spec.name}` is a tuner of KerasTuner, which searches by itself",
            "name the function or the HyperModel that it is given; training of its own stands in `HyperModel.fit`",
        )
    if inspect.isclass(found) and callable(getattr(found, "build", None)):
        found = _instance(found, spec, file)
    if callable(getattr(found, "build", None)) and not inspect.isroutine(found):
        return Program(spec.code, found.build, _own_fit(found), note=note)
    if not callable(found):
        raise TrainingError(f"model.code: `{spec.code}` is {_article(type(found).__name__)}", _WANTED)
    count = _required(found)
    if count == 1:
        return Program(spec.code, found, note=note)
    if count != 2:
        raise TrainingError(f"model.code: `{spec.code}` takes {count} arguments", _WANTED)
    if signature is None:
        raise TrainingError(
            f"model.code: `{spec.code}` wants the signature of the data, which `data.code` does not have",
            "give the data as `data.source`, or write `build(hp)`",
        )
    given = signature
    return Program(spec.code, lambda hp: found(_config(hp, spec), given), is_plain=True, note=note)


def _config(hp: HyperParameters, spec: CodeSpec) -> Mapping[str, Any]:
    """What a plain function gets: the parameters of `model.space`, one value each."""
    return {name: hp.get(name) for name in spec.space}


def _instance(found: Any, spec: CodeSpec, file: LoadedFile | None) -> Any:
    """An instance of a class: the one that the file's own tuner is given, else a new one."""
    given = [one for one in file.left_out.hypermodels if isinstance(one, found)] if file is not None else []
    if given:
        return given[-1]
    if _required(found):
        raise TrainingError(
            f"model.code: the class `{spec.name}` needs arguments",
            f"make an instance in a file of your own, `model = {spec.name}(...)`, and name that",
        )
    return found()


def _own_fit(hypermodel: Any) -> Callable[..., Any] | None:
    """The `fit` of a hypermodel that has one of its own; that of the base class is Keras' `fit`."""
    fit = getattr(hypermodel, "fit", None)
    module = getattr(getattr(fit, "__func__", fit), "__module__", "") or ""
    return None if fit is None or module.split(".")[0] == "keras_tuner" else fit


def _required(function: Callable[..., Any]) -> int:
    """How many positional arguments it needs."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a built-in without a signature
        return 0
    return sum(p.default is p.empty and p.kind in _REQUIRED for p in parameters)


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
