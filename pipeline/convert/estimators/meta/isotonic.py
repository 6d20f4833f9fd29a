"""Converts isotonic regression: linear interpolation between fitted points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.interpolation import number_pieces
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor


def apply_isotonic(x: Tensor, regressions: Sequence[Any]) -> Tensor:
    """Each column through its own fitted IsotonicRegression: (N, C) → (N, C) double.

    (N, C) ─TreeEnsemble─► segment (N, C) ─Gather starts, bases and slopes─► (N, C)
    ─base + slope · (x - start)─►.

    Doubles follow np.interp. Curves fitted to float32 are SciPy's own work, done in float32, and
    there a point belongs to the segment on its left, not to the one on its right. Beyond the first
    and the last point the curve is constant, as `out_of_bounds="clip"` makes it.
    """
    dtype = FLOAT if all(r.X_thresholds_.dtype == FLOAT for r in regressions) else DOUBLE
    curves = [(r.X_thresholds_.astype(dtype), r.y_thresholds_.astype(dtype)) for r in regressions]
    source = x.cast(dtype)
    segment = number_pieces(source.cast(DOUBLE), [_edges(points) for points, _ in curves])
    parts = zip(*(_segments(points, values) for points, values in curves), strict=True)
    starts, bases, slopes = (
        x.graph.constant(np.concatenate(part)).gather(segment, axis=0) for part in parts
    )
    return (slopes * (source - starts) + bases).cast(DOUBLE)


def _edges(points: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) the largest number of each segment but the last."""
    edges = points.astype(DOUBLE)
    return edges if points.dtype == FLOAT else np.nextafter(edges, -np.inf)


def _segments(points: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """(n + 1,) start, value at the start and slope of what lies before, between and after."""
    slopes = np.zeros(len(points) + 1, dtype=points.dtype)
    slopes[1:-1] = np.diff(values) / np.diff(points)
    bases = np.append(values[:1], values)
    if points.dtype == FLOAT and len(points) > 1:  # SciPy reaches the end along the last segment
        bases[-1] = slopes[-2] * (points[-1] - points[-2]) + values[-2]
    return np.append(points[:1], points), bases, slopes
