"""A multi-fidelity sampler: one surrogate over configuration and epoch decides what to start or continue, and how far.

Pure values in, pure values out; numpy and scipy only. The driver is the one file that knows studies.
"""
