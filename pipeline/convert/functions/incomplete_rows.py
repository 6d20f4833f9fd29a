"""Runs an imputer on incomplete rows only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.convert.graph.tensor import BOOL, INT64, Tensor

_UINT8 = np.dtype(np.uint8)


def fill_incomplete_rows(x: Tensor, close: Callable[[Tensor], Tensor]) -> Tensor:
    """The matrix with its missing values filled; complete rows cost nothing but the look.

    (N, W) ─IsNaN, ReduceMax─► (N,) ─ReduceMax─► If any: ─NonZero─► (M, 1) rows
    ─GatherND─► (M, W) ─close─► (M, W) ─ScatterND─► (N, W); else as it is.

    Args:
        x: (N, W) double, NaN where missing.
        close: (M, W) rows, each with a NaN → the same rows without.
    """
    gappy = x.isnan().cast(_UINT8).reduce("ReduceMax", keepdims=False)
    any_row = x.graph.op("ReduceMax", gappy, dtype=_UINT8, keepdims=0).cast(BOOL)

    def repaired(inner: Tensor) -> Tensor:
        graph = inner.graph
        places = replace(gappy, graph=graph).unary("NonZero", INT64).reshape(-1, 1)
        rows = graph.op("GatherND", inner, places, dtype=x.dtype)
        return graph.op("ScatterND", inner, places, close(rows), dtype=x.dtype)

    return x.graph.either(any_row, x, repaired, lambda inner: inner.unary("Identity"))
