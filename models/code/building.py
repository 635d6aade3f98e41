"""A trial's model, built by the user's own code and ready to be trained."""

import gc

import keras

from models.code.fitting import Built
from models.code.hyperparameters import HyperParameters
from models.code.program import load_program
from models.config import Config
from models.signature import Signature
from models.spec.code import CodeSpec
from models.training.compile import compile_model
from models.training.memory import watched
from models.training.plan import FitPlan
from models.training.process import sow_generators


def built(config: Config, hp: HyperParameters, plan: FitPlan, signature: Signature | None) -> Built:
    """The model of `config`; one of a plain function that left it uncompiled is compiled as `training` says.

    Raises: TrainingError, UserCodeError, OutOfMemory, and whatever the program raises.
    """
    assert isinstance(config.model, CodeSpec)
    program = load_program(config.model, signature)
    sow_generators(plan.seed)
    with watched("building"):
        model = program.build(hp)
    scheduled = program.is_plain and not model.compiled
    if scheduled:
        assert signature is not None
        compile_model(model, plan.training, signature=signature, objective=plan.objective)
    return Built(model, program, hp, scheduled)


def clear() -> None:
    """Let go of what Keras keeps of earlier models."""
    keras.backend.clear_session()
    gc.collect()
