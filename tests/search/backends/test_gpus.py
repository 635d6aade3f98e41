"""Which worker sees which GPUs; no GPU is needed to decide it."""

import os
from pathlib import Path

import pytest

from search.backends.gpus import GpuError, environments, listed, named, slots, visible_gpus

TWO = ("GPU-a", "GPU-b")
FOUR = ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("gpus", "per_trial", "workers", "seen"),
    [
        (TWO, 1, 2, ("GPU-a", "GPU-b")),
        (TWO, 0.5, 4, ("GPU-a", "GPU-b", "GPU-a", "GPU-b")),
        (TWO, 0.5, 2, ("GPU-a", "GPU-b")),
        (TWO, 0.3, 6, ("GPU-a", "GPU-b") * 3),
        (FOUR, 2, 2, ("0,1", "2,3")),
        (FOUR, 3, 1, ("0,1,2",)),
        (("0",), 0.1, 10, ("0",) * 10),
        (TWO, 0, 3, ("-1",) * 3),
        ((), 0, 2, ("-1",) * 2),
    ],
)
def test_every_worker_has_its_share(gpus, per_trial, workers, seen):
    assert slots(gpus, per_trial=per_trial, workers=workers) == seen


@pytest.mark.parametrize(
    ("gpus", "per_trial", "workers", "message"),
    [
        (
            TWO, 1, 3,
            "3 workers with 1 GPUs each do not fit: 2 GPUs are visible; write `workers.count: 2`, or fewer GPUs",
        ),
        (("0",), 0.5, 3, "3 workers with 0.5 GPUs each do not fit: 1 GPU is visible; write `workers.count: 2`"),
        (("0",), 2, 1, "1 worker with 2 GPUs each do not fit: 1 GPU is visible; write fewer GPUs per trial"),
        ((), 1, 1, "workers.gpus_per_trial is 1, but no GPU is visible .*; write `gpus_per_trial: 0` to train on the"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_would(gpus, per_trial, workers, message):
    with pytest.raises(GpuError, match=message):
        slots(gpus, per_trial=per_trial, workers=workers)


def test_where_no_share_is_asked_for_nothing_is_set():
    assert environments((), per_trial=None, workers=2) == ({}, {})


def test_a_share_sets_the_variable_that_cuda_reads():
    assert environments(TWO, per_trial=1, workers=1) == ({"CUDA_VISIBLE_DEVICES": "GPU-a"},)


@pytest.mark.parametrize(
    ("value", "devices"),
    [
        ("0,1", ("0", "1")),
        (" 2 , 0 ", ("2", "0")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("0",)),
        ("NoDevFiles", ()),
        ("GPU-8932f937,MIG-12ab", ("GPU-8932f937", "MIG-12ab")),
    ],
)
def test_a_variable_that_is_set_already_says_which_gpus_there_are(value, devices):
    assert named(value) == devices
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": value}) == devices


def test_the_gpus_of_a_machine_are_those_that_nvidia_smi_lists():
    text = (
        "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa-1)\n"
        "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-2)\n"
        "  MIG 3g.20gb     Device  0: (UUID: MIG-cccc-3)\n"
        "  MIG 3g.20gb     Device  1: (UUID: MIG-dddd-4)\n"
        "GPU 2: Tesla T4 (UUID: GPU-eeee-5)\n"
    )
    assert listed(text) == ("GPU-aaaa-1", "MIG-cccc-3", "MIG-dddd-4", "GPU-eeee-5")
    assert listed("No devices found.\n") == ()


@pytest.fixture
def smi(tmp_path):
    """Makes a `nvidia-smi` that prints and ends as told; gives the environment in which it is found."""

    def make(prints: str, code: int) -> dict[str, str]:
        script = tmp_path / "nvidia-smi"
        script.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
        script.chmod(0o755)
        return {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}

    return make


def test_nvidia_smi_is_asked_where_no_variable_is_set(smi):
    assert visible_gpus(smi("GPU 0: NVIDIA H100 (UUID: GPU-aaaa-1)", 0)) == ("GPU-aaaa-1",)
    assert visible_gpus(smi("GPU 0: NVIDIA H100 (UUID: GPU-aaaa-1)", 9)) == ()


def test_a_machine_without_nvidia_smi_has_no_gpu(tmp_path: Path):
    assert visible_gpus({"PATH": str(tmp_path)}) == ()
