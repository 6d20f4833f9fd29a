"""Measures the latency of one row, in the graph and in PyCaret."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.automl.pycaret_isolation import freeze_live_objects
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.session import open_session

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult
    from pipeline.data.dataset import Dataset
    from pipeline.manifest import Manifest

RUNS, LEAST, LIMIT = 1000, 5, 0.2
"""Runs at most and at least, and seconds after which no further one begins."""
PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds to wait before a time beyond a budget is measured again, as the machine may be busy."""
CALLS, CALLS_LEAST, CALLS_LIMIT = 5, 3, 1.0
"""Calls of predict_model at most and at least, and seconds after which no further one begins."""


def measure_latency(
    model: bytes, manifest: Manifest, row: Mapping[str, Any], most: float | None = None
) -> float:
    """Microseconds of one run on one thread; the row's tensors are built before.

    The least of several runs: other processes only add.

    Args:
        manifest: names and kinds of its inputs.
        row: one value per input, each in a list, array or Series.
        most: the budget; what takes longer is measured again before that is believed.
    """
    session = open_session(model)
    feeds = {column.name: make_feed(column, row[column.name]) for column in manifest.inputs}
    names = [output.name for output in manifest.outputs]

    session.run(names, feeds)  # the first run also allocates
    found = _least(lambda: session.run(names, feeds))
    for pause in PAUSES:
        if most is None or 1e6 * found <= most:
            break
        time.sleep(pause)
        found = min(found, _least(lambda: session.run(names, feeds)))
    return 1e6 * found


def time_predict_model(trained: SearchResult, dataset: Dataset) -> float | None:
    """Seconds of PyCaret's `predict_model` on the table's first row; None if it refuses that row.

    The least of a few calls, as other processes only add. What the training has left in memory
    is spared PyCaret's garbage collection: a process of its own takes longer, never shorter.
    """
    with freeze_live_objects():
        return _predict_model_seconds(trained, dataset)


def _predict_model_seconds(trained: SearchResult, dataset: Dataset) -> float | None:
    row = dataset.frame[list(dataset.features)].head(1)
    seconds, end = list[float](), time.perf_counter() + CALLS_LIMIT
    while len(seconds) < CALLS_LEAST or (len(seconds) < CALLS and time.perf_counter() < end):
        began = time.perf_counter()
        try:
            trained.experiment.predict_model(trained.pipeline, data=row.copy(), verbose=False)
        except Exception:  # noqa: BLE001  whatever PyCaret raises for one row alone: third party
            return None
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _least(run: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs."""
    least, end = math.inf, time.perf_counter() + LIMIT
    for done in range(RUNS):
        began = time.perf_counter()
        if done >= LEAST and began > end:
            break
        run()
        least = min(least, time.perf_counter() - began)
    return least
