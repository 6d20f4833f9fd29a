"""Converts scalers: a column minus its centre, divided by its spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column

Parameter = NDArray[Any] | None


def convert_standard_scaler(step: Step) -> dict[str, Column]:
    """(N, W) ─Sub(means), Div(deviations)─► (N, W)."""
    return step.cells(standardize(step.matrix, step.transformer))


def standardize(x: Tensor, scaler: Any) -> Tensor:
    """What a fitted StandardScaler makes of a matrix: (N, W) → (N, W), of x's dtype."""
    centred = _in_place(x, "Sub", scaler.mean_ if scaler.with_mean else None)
    return _in_place(centred, "Div", scaler.scale_ if scaler.with_std else None)


def convert_robust_scaler(step: Step) -> dict[str, Column]:
    """(N, W) ─Sub(medians), Div(ranges)─► (N, W)."""
    scaler = step.transformer
    centred = _in_place(step.matrix, "Sub", scaler.center_ if scaler.with_centering else None)
    return step.cells(_in_place(centred, "Div", scaler.scale_ if scaler.with_scaling else None))


def convert_max_abs_scaler(step: Step) -> dict[str, Column]:
    """(N, W) ─Div(largest absolute values)─► (N, W)."""
    return step.cells(_in_place(step.matrix, "Div", step.transformer.scale_))


def convert_min_max_scaler(step: Step) -> dict[str, Column]:
    """(N, W) ─Mul(1 / range), Add(offsets)─► (N, W) ─Clip, where the scaler clips─► (N, W)."""
    scaler = step.transformer
    scaled = _in_place(_in_place(step.matrix, "Mul", scaler.scale_), "Add", scaler.min_)
    return step.cells(scaled.clip(*scaler.feature_range) if scaler.clip else scaled)


def _in_place(x: Tensor, op_type: str, parameter: Parameter) -> Tensor:
    """`x -= parameter` as NumPy does it: computed in the wider dtype, rounded to x's own."""
    if parameter is None:
        return x
    row = np.asarray(parameter)[None]
    wide = np.result_type(x.dtype, row.dtype)
    wide = wide if wide == x.dtype else DOUBLE
    return x.graph.binary(op_type, x.cast(wide), row).cast(x.dtype)


_SINGLE = "skl2onnx multiplies by a reciprocal in float32"

CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.StandardScaler": StepEntry(
        convert_standard_scaler, _SINGLE, does="brings numbers to mean 0 and spread 1"
    ),
    "sklearn.RobustScaler": StepEntry(
        convert_robust_scaler, _SINGLE, does="brings numbers to median 0 and the same middle spread"
    ),
    "sklearn.MaxAbsScaler": StepEntry(
        convert_max_abs_scaler, _SINGLE, does="divides numbers by their largest"
    ),
    "sklearn.MinMaxScaler": StepEntry(
        convert_min_max_scaler,
        _SINGLE,
        does="brings numbers between {t.feature_range[0]} and {t.feature_range[1]}",
    ),
}
