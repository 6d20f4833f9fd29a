"""Writes finite functions of one raw column as one or two nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, ELEMENT_TYPES, INT64, STRING, Tensor
from pipeline.convert.symbolic.columns import RawInput


def look_up(graph: Graph, source: RawInput, table: NDArray[np.float64]) -> Tensor:
    """Values of a finite function: (len(keys) + 2, W) table -> (N, W) double.

    one column:   (N, 1) ─LabelEncoder(key → value)─► (N, 1) double
    several:      (N, 1) ─LabelEncoder(key → row)─► (N, 1) int64 ─GatherND(table)─► (N, W) double
    The last two rows are for unseen (the default) and missing ('' or NaN).
    """
    rows, codes = np.unique(table, axis=0, return_inverse=True, equal_nan=True)
    codes = codes.reshape(-1)
    if table.shape[1] == 1:
        return _encode(graph, source, table[:, 0])
    picked = _encode(graph, source, codes.astype(INT64))
    return graph.op("GatherND", graph.constant(rows), picked, dtype=DOUBLE)


def _encode(graph: Graph, source: RawInput, values: NDArray[Any]) -> Tensor:
    """One LabelEncoder; keys that behave like an unseen value are left out."""
    unseen, missing = values[-2], values[-1]
    kept = {k: v for k, v in zip(source.keys, values, strict=False) if not _same(v, unseen)}
    text = source.tensor.dtype == STRING
    kept["" if text else np.nan] = missing
    keys = [str(k).encode() for k in kept] if text else np.array(list(kept), dtype=DOUBLE)
    return graph.op(
        "LabelEncoder",
        source.tensor if text else source.numbers,
        dtype=values.dtype,
        domain="ai.onnx.ml",
        keys_tensor=_attribute(STRING if text else DOUBLE, keys),
        values_tensor=_attribute(values.dtype, list(kept.values())),
        default_tensor=_attribute(values.dtype, [unseen]),
    )


def _attribute(dtype: np.dtype[Any], values: Any) -> onnx.TensorProto:
    return helper.make_tensor("", ELEMENT_TYPES[dtype], [len(values)], values)


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or (np.isnan(a) and np.isnan(b)))
