"""Which worker sees which GPUs. Loads no framework: CUDA_VISIBLE_DEVICES is set before a worker's TensorFlow starts."""

import re
import subprocess
from collections.abc import Mapping, Sequence

from spaces.problems import MendableError

VISIBLE = "CUDA_VISIBLE_DEVICES"
NO_GPU = "-1"
"""What CUDA reads as no device; an empty text is taken by some drivers for all of them."""
_PATIENCE_S = 30
_LISTED = re.compile(r"^( *)(?:GPU \d+|MIG .*): .*\(UUID: ([^)\s]+)\)", re.MULTILINE)


class GpuError(MendableError):
    """The GPUs of this machine are not enough for what the study file asks for."""


def visible_gpus(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    Those of the variable, if it is set; else all that nvidia-smi lists, by their identity, since CUDA and nvidia-smi
    count in different orders.
    """
    if VISIBLE in environment:
        return named(environment[VISIBLE])
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=_PATIENCE_S, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return listed(done.stdout) if done.returncode == 0 else ()


def named(value: str) -> tuple[str, ...]:
    """The devices in a CUDA_VISIBLE_DEVICES; as for CUDA, those from the first impossible one on do not count."""
    found: list[str] = []
    for name in (part.strip() for part in value.split(",")):
        if not re.fullmatch(r"\d+|(GPU|MIG)-\S+", name):
            break
        found.append(name)
    return tuple(found)


def listed(text: str) -> tuple[str, ...]:
    """The devices in what `nvidia-smi -L` prints; the slices of a GPU that is partitioned stand for it."""
    found: list[str] = []
    whole: str | None = None
    for indent, uuid in _LISTED.findall(text):
        if not indent:
            whole = uuid
        elif found and found[-1] == whole:
            found.pop()
        found.append(uuid)
    return tuple(found)


def slots(gpus: Sequence[str], *, per_trial: float, workers: int) -> tuple[str, ...]:
    """CUDA_VISIBLE_DEVICES of each worker, `per_trial` of `gpus` each: a share of one, or a whole number of them.

    Workers that share are spread evenly. Raises: GpuError when there are not enough.
    """
    if per_trial == 0:
        return (NO_GPU,) * workers
    if not gpus:
        raise GpuError(
            f"workers.gpus_per_trial is {per_trial:g}, but no GPU is visible (CUDA_VISIBLE_DEVICES, nvidia-smi)",
            "write `gpus_per_trial: 0` to train on the CPU",
        )
    if per_trial < 1:
        room = len(gpus) * int(1 / per_trial + 1e-9)
        assigned = [gpus[worker % len(gpus)] for worker in range(workers)]
    else:
        each = int(per_trial)
        room = len(gpus) // each
        assigned = [",".join(gpus[worker * each : (worker + 1) * each]) for worker in range(workers)]
    if workers > room:
        seen = "1 GPU is" if len(gpus) == 1 else f"{len(gpus)} GPUs are"
        mend = f"write `workers.count: {room}`, or fewer GPUs per trial" if room else "write fewer GPUs per trial"
        raise GpuError(
            f"{workers} worker{'s' if workers > 1 else ''} with {per_trial:g} GPUs each do not fit: {seen} visible",
            mend,
        )
    return tuple(assigned)


def environments(gpus: Sequence[str], *, per_trial: float | None, workers: int) -> tuple[dict[str, str], ...]:
    """What each worker's environment is to have; nothing is changed where no share is asked for.

    Raises: GpuError when the GPUs are not enough.
    """
    if per_trial is None:
        return ({},) * workers
    return tuple({VISIBLE: devices} for devices in slots(gpus, per_trial=per_trial, workers=workers))
