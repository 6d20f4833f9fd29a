"""A Keras model against its adopted graph, for one row and for a thousand.

`python benchmarks/adopted_keras.py` trains the example of penguins, converts it, holds the graph
against the model on the very rows that are timed, and then times the ways in turn within one
process: Keras' `predict`, a call of the model, the model compiled by `tf.function`, and
onnxruntime. Ratios are median by median, above 1 where the graph is faster. Needs the extra
`tensorflow`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the file is run from anywhere

from examples.keras_penguins import train

ROWS = (1, 1_000)
ROUNDS = 15
CALLS = {1: 5, 1_000: 3}
"""In each round every way is called so many times."""

Ways = Mapping[str, Callable[[], Any]]


def build_ways(rows: int) -> Ways:
    """Each way to score so many rows, all of them with the same answers.

    Raises:
        AssertionError: two of them differ by more than 1e-5.
    """
    import keras
    import numpy as np
    import onnxruntime
    import tensorflow as tf

    from pipeline.adopt.frameworks.keras import Keras
    from pipeline.adopt.sample import make_sample
    from pipeline.adopt.settings import AdoptConfig

    columns, _ = train.read_penguins()
    with tempfile.TemporaryDirectory() as folder:
        train.train(Path(folder))
        model = keras.saving.load_model(Path(folder) / "penguins.keras")
        sample, framework = make_sample(columns), Keras()
        inputs = framework.find_inputs(model, sample, AdoptConfig())
        proto = framework.export(model, inputs, ["probabilities"], sample, Path(folder))
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    picked = {name: np.resize(values, (rows, 1)) for name, values in columns.items()}
    texts = {n: v.astype(object) if v.dtype.kind == "U" else v for n, v in picked.items()}
    tensors = {name: tf.constant(values) for name, values in texts.items()}
    compiled = tf.function(lambda feeds: model(feeds, training=False))
    ways: Ways = {
        "predict": lambda: model.predict(tensors, batch_size=rows, verbose=0),
        "call": lambda: model(tensors, training=False),
        "tf.function": lambda: compiled(tensors),
        "onnxruntime": lambda: session.run(None, texts)[0],
    }
    for way in ways.values():
        np.testing.assert_allclose(way(), ways["call"](), rtol=0, atol=1e-5)
    return ways


def measure(ways: Ways, calls: int) -> dict[str, float]:
    """Median seconds of a call of each way, over rounds in which each has its turn."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(calls):
                way()
            found[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    """Print the table of docs/adopt.md."""
    print("| rows | way | µs a call | graph is faster by |")
    print("| --- | --- | --- | --- |")
    for rows in ROWS:
        times = measure(build_ways(rows), CALLS[rows])
        for name, seconds in times.items():
            ratio = seconds / times["onnxruntime"]
            print(f"| {rows:,} | {name} | {seconds * 1e6:,.0f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
