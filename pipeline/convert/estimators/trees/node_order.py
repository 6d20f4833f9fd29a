"""Lays out large forests for a processor's cache; the predictions are the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import LARGE, Trees, floor_thresholds
from pipeline.convert.graph.tensor import FLOAT, Tensor
from pipeline.convert.symbolic.features import Features


def mirror_trees(
    x: Features, trees: Trees, visits: NDArray[np.int64], missing: bool
) -> tuple[Features, Trees]:
    """A large forest with the busier child of every node on its false side.

    onnxruntime keeps the false child right behind its parent, and walks through a forest that
    does not fit into the cache take 0.7 of the time. A split is turned round by asking
    -x <= -next(t) instead of x <= t, so the matrix is read with its negative beside it:
    (N, F) ─Neg, Concat─► (N, 2F).

    Args:
        x: what the splits read.
        trees: LEQ splits only; they compare numbers that float32 can hold.
        visits: (M,) training rows that came through each node.
        missing: whether the model accepts NaN.
    """
    if len(trees.true) < LARGE:
        return x, trees
    inner = ~trees.leaf
    turned = np.zeros(len(inner), dtype=np.bool_)
    turned[inner] = visits[trees.true[inner]] > visits[trees.false[inner]]
    single = floor_thresholds(np.asarray(trees.threshold, dtype=np.float64), FLOAT)
    opposite = np.nextafter(-single, FLOAT.type(-np.inf))
    beside = replace(
        trees,
        true=np.where(turned, trees.false, trees.true),
        false=np.where(turned, trees.true, trees.false),
        feature=trees.feature + x.width * turned,
        threshold=np.where(turned, opposite, single).astype(np.float64),
        missing=trees.missing ^ (turned & missing),
    )
    both = Features(
        lambda dtype: _with_negative(x.read(dtype)),
        2 * x.width,
        x.origins * 2,
    )
    return both, beside


def _with_negative(matrix: Tensor) -> Tensor:
    return matrix.graph.concat([matrix, -matrix])
