"""What the server that workers are forked from has done before it forks one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import models.training.preload
import search.backends.worker
from tensorflow.python.eager import context

print("devices looked at:", context._context is not None)
"""


def test_the_server_has_not_looked_at_devices_so_that_a_worker_may_still_say_which_it_sees() -> None:
    """CUDA reads CUDA_VISIBLE_DEVICES once, when TensorFlow first asks for devices, and does not survive a fork."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == "devices looked at: False"
