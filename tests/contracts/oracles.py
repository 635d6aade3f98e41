"""One process for all oracles of the tests: it takes seconds to start."""

import functools

from search.drivers.keras_tuner.process import OracleProcess


@functools.cache
def shared() -> OracleProcess:
    return OracleProcess()
