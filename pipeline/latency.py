"""How long one row takes, the way a service meets it: in a graph, and in PyCaret."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

from pipeline.feeds import feed
from pipeline.manifest import Manifest
from pipeline.scorer import open_session

if TYPE_CHECKING:
    from pipeline.dataset import Dataset
    from pipeline.experiment import Trained

BATCHES, RUNS = 10, 100
LIMIT = 0.2
"""Seconds after which no further batch begins; a batch has its part of them, or `LEAST` runs."""
LEAST = 3
CALLS, CALLS_LIMIT = 5, 1.0
"""At most so many calls of predict_model, and seconds after which no further one begins."""


def latency(model: bytes, manifest: Manifest, row: Mapping[str, Any]) -> float:
    """Microseconds of one run on one thread; the row's tensors are built before.

    The median of a batch of runs, and of several batches the least: other processes only add.

    Args:
        model: the ONNX file.
        manifest: names and kinds of its inputs.
        row: one value per input, each in a list, array or Series.
    """
    session = open_session(model)
    feeds = {column.name: feed(column, row[column.name]) for column in manifest.inputs}
    names = [output.name for output in manifest.outputs]

    session.run(names, feeds)  # the first run also allocates
    medians, end = list[float](), time.perf_counter() + LIMIT
    while not medians or (len(medians) < BATCHES and time.perf_counter() < end):
        medians.append(median(_times(lambda: session.run(names, feeds))))
    return 1e6 * min(medians)


def predict_model_seconds(trained: Trained, dataset: Dataset) -> float | None:
    """Seconds of PyCaret's `predict_model` on the table's first row; None if it refuses that row.

    The least of a few calls, as other processes only add. What the training has left in memory
    is spared PyCaret's garbage collection: a process of its own takes longer, never shorter.
    """
    from pipeline.search.quiet import quick_collections

    with quick_collections():
        return _predict_model_seconds(trained, dataset)


def _predict_model_seconds(trained: Trained, dataset: Dataset) -> float | None:
    row = dataset.frame[list(dataset.features)].head(1)
    seconds, end = list[float](), time.perf_counter() + CALLS_LIMIT
    while len(seconds) < CALLS and (not seconds or time.perf_counter() < end):
        began = time.perf_counter()
        try:
            trained.experiment.predict_model(trained.pipeline, data=row.copy(), verbose=False)
        except Exception:  # noqa: BLE001  whatever PyCaret raises for one row alone: third party
            return None
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _times(run: Callable[[], object]) -> Iterator[float]:
    """Seconds of each run of one batch."""
    end = time.perf_counter() + LIMIT / BATCHES
    for count in range(RUNS):
        began = time.perf_counter()
        if count >= LEAST and began > end:
            return
        run()
        yield time.perf_counter() - began
