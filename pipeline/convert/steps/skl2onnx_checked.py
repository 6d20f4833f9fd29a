"""Converts custom transformers with skl2onnx, and checks each against the original."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from pipeline.convert.graph.subgraph import ML_OPSET, OPSET
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.registry import class_key
from pipeline.convert.steps.projection import sums_up
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column
from pipeline.errors import ConversionError, causes

BOUNDS: Mapping[np.dtype[Any], float] = {DOUBLE: 1e-12, FLOAT: 1e-6}
"""Largest error of a computed number, relative to itself or to its column's spread."""


def convert_with_skl2onnx(step: Step) -> dict[str, Column]:
    """(N, W) ─skl2onnx's nodes─► (N, C), in the dtype that the transformer answers in.

    Before the nodes are taken, they are run on the sample rows and on hostile ones beside the
    fitted transformer.

    Raises:
        ConversionError: skl2onnx has no converter, or its nodes compute something else.
    """
    dtype = FLOAT if all(d == FLOAT for d in step.made.dtypes) else DOUBLE
    model = _convert(step, dtype)
    _check(step, model, dtype)
    (output,) = step.graph.splice(model, {"X": step.matrix.cast(dtype)})
    return step.cells(Tensor(step.graph, output, dtype), list(map(str, step.made.columns)))


def _convert(step: Step, dtype: np.dtype[Any]) -> onnx.ModelProto:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    types = {DOUBLE: DoubleTensorType, FLOAT: FloatTensorType}
    try:
        model: onnx.ModelProto = convert_sklearn(
            step.transformer,
            initial_types=[("X", types[dtype]([None, len(step.columns)]))],
            # skl2onnx 1.20 refuses ai.onnx.ml 5; what it writes means the same there.
            target_opset={"": OPSET, "ai.onnx.ml": min(ML_OPSET, 3)},
        )
    except Exception as err:  # whatever a converter raises: third party
        causes.raise_if_memory(err)
        raise _refusal(step, f"skl2onnx cannot ({str(err).splitlines()[0]})") from err
    return model


def _check(step: Step, model: onnx.ModelProto, dtype: np.dtype[Any]) -> None:
    """Hold the nodes against the fitted transformer, batch by batch."""
    evaluator = ReferenceEvaluator(model)
    for rows in _batches(step.before[list(step.columns)].to_numpy(dtype=float)):
        x = rows.astype(dtype)
        frame = pd.DataFrame(x, columns=list(step.columns))
        try:
            theirs = np.asarray(step.transformer.transform(frame), dtype=float)
        except ValueError:  # it refuses such rows, so there is nothing to agree with
            continue
        ours = np.asarray(evaluator.run(None, {"X": x})[0], dtype=float)
        if ours.shape != theirs.shape or _error(ours, theirs) > BOUNDS[dtype]:
            raise _refusal(step, "skl2onnx's conversion of it computes something else")


def _batches(sample: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """The sample rows, then the same rows out of range, on edges and with one column missing."""
    yield sample
    for factor in (-1.0, 0.0, 1e3, 1e-3):
        yield sample * factor
    yield np.round(sample)
    low, high = np.nanmin(sample, axis=0), np.nanmax(sample, axis=0)
    yield np.stack([low, high, low - 1.0, high + 1.0])
    for column in range(sample.shape[1]):
        missing = sample[:5].copy()
        missing[:, column] = np.nan
        yield missing


def _error(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """The largest error; infinite where only one of them is a number."""
    with np.errstate(invalid="ignore"):
        scale = np.maximum(np.abs(theirs), np.nanstd(theirs, axis=0))
        error = np.abs(ours - theirs) / np.where(scale > 0, scale, 1.0)
    error[(ours == theirs) | (np.isnan(ours) & np.isnan(theirs))] = 0.0
    return float(np.where(np.isnan(error), np.inf, error).max(initial=0.0))


def _refusal(step: Step, why: str) -> ConversionError:
    return ConversionError(
        f"step {step.name!r}: {class_key(step.transformer)} has no exact conversion to ONNX: {why}",
        hint="leave it out of custom_pipeline, or compute its columns before training",
        converted_class=class_key(step.transformer),
    )


SPLICED = (*("GaussianRandomProjection", "NeighborhoodComponentsAnalysis", "TruncatedSVD"),)
"""Classes whose skl2onnx conversion holds the contract in float64."""

CONVERTERS: Mapping[str, StepEntry] = {
    f"sklearn.{name}": StepEntry(convert_with_skl2onnx, does=sums_up) for name in SPLICED
}
