"""What a user may write under `training`: optimizer, schedule, loss, length, and what watches over it."""

from typing import Annotated

from models.spec.callbacks import OwnCallback, OwnCallbacks
from models.spec.durations import Duration
from models.spec.entries import Flag, Names, Real, Spec
from models.spec.knobs import BoolKnob, ChoiceKnob, FloatKnob, IntKnob
from models.spec.others import Others
from models.spec.sections import Section

OPTIMIZERS = ("adam", "adamw", "nadam", "sgd", "rmsprop")
LOSSES = {
    "auto": ("binary", "multiclass", "regression"),
    "binary_crossentropy": ("binary",),
    "categorical_crossentropy": ("multiclass",),
    "focal": ("binary", "multiclass"),
    "mse": ("regression",),
    "mae": ("regression",),
    "huber": ("regression",),
}
"""Losses with the tasks that they fit. `auto` is the cross-entropy of the task, or mse."""

_ADAM = "optimizer in [adam, adamw, nadam]"
_DECAYS = "schedule in [exponential, step]"


class EarlyStoppingSpec(Spec):
    """Ends a trial whose objective has stopped improving."""

    patience: Annotated[
        int,
        IntKnob("epochs without improvement that end a trial", low=0, high=10_000, space={"int": [4, 12]}),
    ] = 8
    min_delta: Annotated[float, FloatKnob("smallest change that counts as an improvement", low=0, high=1e9)] = 0.0
    start_from_epoch: Annotated[int, IntKnob("epochs before watching begins", low=0, high=10_000)] = 0


class ReduceLrSpec(Spec):
    """Lowers the learning rate when the objective has stopped improving, under a schedule too."""

    factor: Annotated[
        float,
        FloatKnob("factor on the learning rate", low=0, high=1, open_low=True, open_high=True),
    ] = 0.5
    patience: Annotated[int, IntKnob("epochs without improvement before a change", low=0, high=10_000)] = 3
    min_lr: Annotated[float, FloatKnob("the rate never goes below it", low=0, high=10)] = 0.0


class TrainingSpec(Spec):
    """How a model is trained."""

    others: Annotated[str | None, Others()] = None
    epochs: Annotated[int, IntKnob("passes over the training rows, at most", low=1, high=1_000_000)] = 50
    batch_size: Annotated[
        int,
        IntKnob("rows in a gradient step", low=1, high=1_000_000, space={"choice": [32, 64, 128], "ordered": True}),
    ] = 64
    optimizer: Annotated[
        str, ChoiceKnob("the optimizer", choices=OPTIMIZERS, space={"choice": ["adam", "adamw", "sgd"]})
    ] = "adam"
    learning_rate: Annotated[
        float,
        FloatKnob(
            "step size; the peak under a schedule",
            low=0,
            high=100,
            open_low=True,
            space={"float": [1e-4, 1e-1], "log": True, "default": 1e-3},
        ),
    ] = 1e-3
    momentum: Annotated[
        float,
        FloatKnob(
            "momentum",
            low=0,
            high=1,
            open_high=True,
            applies="optimizer in [sgd, rmsprop]",
            space={"float": [0.0, 0.95]},
        ),
    ] = 0.0
    nesterov: Annotated[bool, BoolKnob("Nesterov momentum", applies="optimizer == sgd and momentum > 0")] = False
    beta_1: Annotated[float, FloatKnob("decay of the mean gradient", low=0, high=1, open_high=True, applies=_ADAM)] = (
        0.9
    )
    beta_2: Annotated[
        float, FloatKnob("decay of the mean squared gradient", low=0, high=1, open_high=True, applies=_ADAM)
    ] = 0.999
    rho: Annotated[
        float,
        FloatKnob(
            "decay of the mean squared gradient",
            low=0,
            high=1,
            open_high=True,
            applies="optimizer == rmsprop",
        ),
    ] = 0.9
    weight_decay: Annotated[
        float,
        FloatKnob(
            "decoupled weight decay a step",
            low=0,
            high=1,
            applies="optimizer == adamw",
            space={"float": [1e-5, 1e-1], "log": True},
        ),
    ] = 0.004
    schedule: Annotated[
        str,
        ChoiceKnob(
            "how the learning rate goes on from its peak",
            choices=("constant", "exponential", "step", "cosine"),
            space={"choice": ["constant", "cosine"]},
        ),
    ] = "constant"
    warmup_epochs: Annotated[
        int, IntKnob("epochs in which the learning rate rises from 0 to its peak", low=0, high=100_000)
    ] = 0
    decay_rate: Annotated[
        float,
        FloatKnob("factor on the rate every `decay_epochs`", low=0, high=1, open_low=True, applies=_DECAYS),
    ] = 0.5
    decay_epochs: Annotated[
        int,
        IntKnob("epochs for one `decay_rate`, smoothly or in a step", low=1, high=100_000, applies=_DECAYS),
    ] = 10
    loss: Annotated[str, ChoiceKnob("the loss; auto takes that of the task", choices=tuple(LOSSES))] = "auto"
    label_smoothing: Annotated[
        float,
        FloatKnob(
            "share of a label spread over all classes",
            low=0,
            high=1,
            open_high=True,
            applies="loss in [auto, binary_crossentropy, categorical_crossentropy, focal]",
        ),
    ] = 0.0
    clip_norm: Annotated[float, FloatKnob("largest norm of a gradient; 0 is off", low=0, high=1e9)] = 0.0
    clip_value: Annotated[
        float,
        FloatKnob("largest entry of a gradient; 0 is off", low=0, high=1e9, applies="clip_norm == 0"),
    ] = 0.0
    class_weights: Annotated[str, ChoiceKnob("weights of the classes in the loss", choices=("none", "balanced"))] = (
        "none"
    )
    metrics: Annotated[tuple[str, ...], Names("metrics to compute besides the objective")] = ()
    early_stopping: Annotated[
        EarlyStoppingSpec | None,
        Section(
            "ends a trial whose objective has stopped improving",
            EarlyStoppingSpec,
            none=True,
            space={"patience": {"int": [4, 12]}},
        ),
    ] = None
    reduce_lr: Annotated[
        ReduceLrSpec | None,
        Section("lowers the learning rate when the objective has stopped improving", ReduceLrSpec, none=True),
    ] = None
    callbacks: Annotated[
        tuple[OwnCallback, ...],
        OwnCallbacks(
            "Keras callbacks of your own: `file.py:Name` or `package.module:Name` of a class, or of a function that "
            "returns one, or `{call: file.py:Name, with: {argument: value}}`"
        ),
    ] = ()
    stop_on_nan: Annotated[bool, Flag("end a trial at the first loss that is not a number")] = True
    stop_at: Annotated[float | None, Real("value of the objective that ends a trial", none=True)] = None
    restore_best: Annotated[bool, Flag("keep the weights of the best epoch rather than of the last")] = True
    csv_log: Annotated[bool, Flag("write the epochs of every trial to `log.csv` in its folder")] = True
    jit_compile: Annotated[bool, Flag("compile every step with XLA: meant for a GPU, slower on a CPU")] = False
    checkpoint_every: Annotated[float, Duration("least time between two checkpoints of a trial")] = 30.0
