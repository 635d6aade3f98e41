"""Which trial next, and which was best: the study's values, its loop, drivers, pruners, backends and commands."""
