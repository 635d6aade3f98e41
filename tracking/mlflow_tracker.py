"""Tells MLflow, from a thread of its own: the coordinator's calls return at once, whatever the store does.

Loads MLflow only in that thread. `mlflow.spool.jsonl` in the study folder holds what is not told yet.
"""

import os
from collections.abc import Callable
from pathlib import Path

from tracking.courier import Pace
from tracking.event_log import wall_ms
from tracking.events import StudyStarted
from tracking.mlflow_address import DEFAULT_URI, address
from tracking.queued import QueuedTracker
from tracking.sink import Sink

ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""Set in this process before the thread loads MLflow, where the user has not set it: a request has one try of
five seconds (MLflow's own patience is 246 s), nothing is sent elsewhere, nothing is printed."""


class MlflowTracker(QueuedTracker):
    """One parent run a study and one child run a trial, in the experiment of the given name.

    uri: `sqlite:///file` (relative to the working directory), a database URL, or a server's address.
    command: what shows the store (`mlflow ui ...`), None for a server.
    Raises ValueError for a `uri` that is no store.
    """

    def __init__(
        self,
        uri: str = DEFAULT_URI,
        experiment: str = "search",
        *,
        pace: Pace | None = None,
        warn: Callable[[str], None] | None = None,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        here = Path.cwd()
        place = address(uri, working_directory=here)
        self.command = place.command

        def open_sink(started: StudyStarted) -> Sink:
            for name, value in ENVIRONMENT.items():
                os.environ.setdefault(name, value)
            from tracking.mlflow_sink import connect  # loads MLflow: 1.5 s, in the thread

            return connect(place, experiment, started, artifacts=here / "mlruns")

        super().__init__(open_sink, name="mlflow", pace=pace, warn=warn, now_ms=now_ms)
