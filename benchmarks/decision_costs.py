"""What a decision of the freeze-thaw sampler costs, against the trials that a study has; nothing is trained.

    python benchmarks/decision_costs.py --trials 50,100,200,500

Trials of a made-up study over eight parameters, of 50 epochs at most, have stopped where the policy itself has let them
rest. A decision is all that a free worker waits for; parameters of the kernel are fitted anew in some of them.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the commands of the project set it

import numpy as np

from search.drivers.freeze_thaw.levels import levels
from search.drivers.freeze_thaw.policy import FreezeThaw
from search.drivers.freeze_thaw.seen import Memory, Seen, Start, State
from spaces.domains import Categories, FloatRange, IntRange
from spaces.space import Dimension, Space

EPOCHS = 50
SPACE = Space(
    (
        *(Dimension(f"log{k}", FloatRange(1e-5, 1e-1, log=True)) for k in range(3)),
        *(Dimension(f"real{k}", FloatRange(0.0, 1.0)) for k in range(2)),
        *(Dimension(f"whole{k}", IntRange(1, 64, log=True)) for k in range(2)),
        Dimension("kind", Categories(("a", "b", "c", "d"))),
    )
)


def value(place: np.ndarray, epoch: int) -> float:
    """A smooth bowl, reached exponentially."""
    return float((1 - ((place - 0.6) ** 2).mean()) * (1 - 0.5 * np.exp(-epoch / 8)))


def timed(numbers: Sequence[int], decisions: int) -> Iterator[tuple[int, float, float]]:
    """(trials, median, largest seconds) of `decisions` decisions from each number of trials on."""
    ladder = levels(EPOCHS)
    policy, memory = FreezeThaw(SPACE, ladder, sign=1.0, seed=0), Memory()
    trials: list[Seen] = []
    spent: dict[int, list[float]] = {number: [] for number in numbers}
    while len(spent[numbers[-1]]) < decisions:
        began = time.process_time()
        choice, memory = policy.propose(trials, memory)
        seconds = time.process_time() - began
        for number in numbers:
            if len(trials) >= number and len(spent[number]) < decisions:
                spent[number].append(seconds)
                if len(spent[number]) == decisions:
                    yield number, float(np.median(spent[number])), max(spent[number])
        if isinstance(choice, Start):
            trials.append(Seen(len(trials), choice.params, (), State.PAUSED))
        assert choice is not None
        number = len(trials) - 1 if isinstance(choice, Start) else choice.number
        place = SPACE.encode(trials[number].params)
        values = tuple(value(place, epoch) for epoch in range(1, choice.until + 1))
        state = State.COMPLETE if choice.until == EPOCHS else State.PAUSED
        trials[number] = Seen(number, trials[number].params, values, state)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", default=[50, 100, 200, 500], type=lambda t: [int(n) for n in t.split(",")])
    parser.add_argument("--decisions", type=int, default=40)
    options = parser.parse_args(arguments)
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python benchmarks/decision_costs.py {' '.join(arguments)}\n")
    print("| trials | CPU ms a decision (median) | largest |\n|---|---|---|")
    for number, median, largest in timed(options.trials, options.decisions):
        print(f"| {number} | {1000 * median:.0f} | {1000 * largest:.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
