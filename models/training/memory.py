"""Running out of memory, told apart from other errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from models.training.errors import OutOfMemory

# some GPU libraries report exhausted memory as an internal error, by these words only
SIGNS = ("out of memory", "oom", "failed to allocate", "cuda_error_out_of_memory")


@contextmanager
def watched(what: str) -> Iterator[None]:
    """Turn exhausted memory inside the block into OutOfMemory; `what` says what was being done."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(f"{what} ran out of memory") from error
    except tf.errors.OpError as error:
        if isinstance(error, tf.errors.ResourceExhaustedError) or _looks_exhausted(error):
            first = (error.message or "").strip().partition("\n")[0][:200]
            raise OutOfMemory(f"{what} ran out of memory: {first}") from error
        raise


def _looks_exhausted(error: tf.errors.OpError) -> bool:
    message = (error.message or "").lower()
    return isinstance(error, tf.errors.InternalError | tf.errors.UnknownError) and any(
        sign in message for sign in SIGNS
    )
