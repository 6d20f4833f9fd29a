"""Reads the split thresholds of trees from the graph itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Splits = tuple[NDArray[Any], NDArray[Any]]
"""Columns and thresholds, one of each per split."""


def read_split_thresholds(
    model: onnx.ModelProto, origins: Sequence[str | None]
) -> dict[str, NDArray[np.float64]]:
    """Finite split values of every tree whose feature is a raw number, by raw column.

    Args:
        model: trees as TreeEnsemble nodes, or as comparisons of gathered columns.
        origins: for each column of the trees' input the raw column it equals, or None.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    found: dict[str, set[float]] = {}
    for features, thresholds in _splits(model.graph.node, constants):
        for feature, threshold in zip(features.tolist(), thresholds.tolist(), strict=True):
            # Large forests read their matrix with its negative beside it.
            turned, column = divmod(feature, max(1, len(origins)))
            origin = origins[column] if column < len(origins) else None
            if origin is not None and np.isfinite(threshold):
                found.setdefault(origin, set()).add(-threshold if turned else threshold)
    return {name: np.array(sorted(values)) for name, values in found.items()}


def _splits(
    nodes: Iterable[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]
) -> Iterator[Splits]:
    """Those of a graph's nodes, its subgraphs' included."""
    gathered: dict[str, str] = {}
    for node in nodes:
        if node.op_type == "TreeEnsemble":
            yield _of_ensemble(node)
        elif node.op_type == "Gather" and node.input[1] in constants:
            gathered[node.output[0]] = node.input[1]
        elif node.op_type == "Greater" and node.input[0] in gathered and node.input[1] in constants:
            columns, thresholds = (
                numpy_helper.to_array(constants[name]).ravel()
                for name in (gathered[node.input[0]], node.input[1])
            )
            if len(columns) == len(thresholds):
                yield columns, thresholds.astype(float)
        for attribute in node.attribute:
            yield from _splits(attribute.g.node, constants)


def _of_ensemble(node: onnx.NodeProto) -> Splits:
    attributes = {a.name: a for a in node.attribute}
    thresholds = numpy_helper.to_array(attributes["nodes_splits"].t).astype(float)
    return np.array(attributes["nodes_featureids"].ints), thresholds
