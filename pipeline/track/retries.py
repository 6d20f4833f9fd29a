"""Retries requests while a server restarts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.track import store


@contextmanager
def outlast_restarts(timeout: int | None = None) -> Iterator[None]:
    """Outlast a restart of the server or of its database inside the block, for half a minute.

    What the user has set stays. A failed request is sent again after 0, 2, 4, 8 and 16 seconds,
    so one whose answer was lost may have been carried out before.

    Args:
        timeout: seconds to wait for an answer, where 5 are too few: a server that hands a large
            model on to its object store answers only when it has.
    """
    store.configure_mlflow()
    settings = {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    }
    if timeout is not None:
        settings["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(timeout)
    before = {name: os.environ.get(name) for name in settings}
    ours = [name for name in settings if before[name] == store.ENVIRONMENT.get(name)]
    os.environ.update({name: settings[name] for name in ours})
    try:
        yield
    finally:
        for name in ours:
            if (value := before[name]) is None:
                del os.environ[name]
            else:
                os.environ[name] = value
