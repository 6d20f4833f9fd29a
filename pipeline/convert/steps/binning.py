"""Converts binning of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column
from pipeline.errors import ConversionError


def convert_bins_discretizer(step: Step) -> dict[str, Column]:
    """(N, W) ─Unsqueeze, GreaterOrEqual(inner edges (W, E)), ReduceSum─► bin numbers (N, W).

    Raises:
        ConversionError: the bins come out one-hot.
    """
    transformer = step.transformer
    if transformer.encode != "ordinal":
        raise ConversionError(
            f"step {step.name!r}: expected encode = ordinal, got {transformer.encode}",
            hint="use encode = ordinal",
        )
    inner = [edges[1:-1] for edges in transformer.bin_edges_]
    # Small bins are merged, so columns may have fewer edges; no number reaches an infinite one.
    edges = np.full((len(inner), max(1, *map(len, inner))), np.inf)
    for row, values in zip(edges, inner, strict=True):
        row[: len(values)] = values
    # searchsorted compares in the wider dtype of values and edges: double.
    passed = step.matrix.cast(DOUBLE).reshape(-1, len(inner), 1) >= edges
    return step.cells(passed.cast(DOUBLE).sum(axis=2, keepdims=False))


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.KBinsDiscretizer": StepEntry(
        convert_bins_discretizer, "skl2onnx compares in float32", does="cuts numbers into bins"
    ),
}
