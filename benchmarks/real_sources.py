"""Data of `real_search`, as functions that a study file names. Nothing is read."""

import numpy as np

STEPS, AHEAD = 48, 12


def seasonal(n: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Windows (n, 48, 1) of a series with two seasons, a drifting level and noise, and its value 12 steps on (n,)."""
    rng = np.random.default_rng(11)
    t = np.arange(n + STEPS + AHEAD)
    level = np.cumsum(rng.normal(0, 0.05, len(t)))
    day = (1 + 0.3 * np.sin(2 * np.pi * t / 700)) * np.sin(2 * np.pi * t / 24)
    week = 0.6 * np.sign(np.sin(2 * np.pi * t / 168))
    series = (level + day + week + rng.normal(0, 0.25, len(t))).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(series, STEPS)[:n, :, np.newaxis]
    return windows, series[STEPS + AHEAD - 1 :][:n]
