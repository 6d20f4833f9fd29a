"""Makes the inputs by which a graph is held against its model: other sizes, odd values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.output_shapes import measure_sizes, resize_feeds
from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, NDArray[Any]]
LARGE = 257
"""Rows of the large batch, and of each part of a sample; fewer where rows are large."""
FEW = 16
"""Rows of a case with odd values."""
PARTS = 16
"""Parts of a sample at most."""
MOST = 1 << 24
"""Bytes of the inputs of one batch."""
UNKNOWN = "Ünbekannt 不明"
"""A text that no vocabulary has; some letters take several bytes."""
STEP = 1e-3
"""Of a perturbation, against an input's own spread."""


@dataclass(frozen=True)
class Case:
    """Inputs of one comparison.

    Attributes:
        counts: whether the verdict depends on it; a network promises nothing for infinity or NaN.
    """

    name: str
    feeds: Arrays
    counts: bool = True


def make_cases(inputs: Sequence[Tensor], feeds: Arrays, seed: int = 0) -> Iterator[Case]:
    """The sample, in batches of other sizes, perturbed, at its edges, and along other axes.

    Whole numbers and text stay among those that the sample holds: a number may be the index of an
    embedding, which has no others.
    """
    rows = len(next(iter(feeds.values())))
    row_bytes = max(sum(array[:1].nbytes for array in feeds.values()), 1)
    large = max(min(LARGE, MOST // row_bytes), 2)
    sample = {name: array[:large] for name, array in feeds.items()}
    yield Case("sample", sample)
    for start in range(large, min(rows, PARTS * large), large):
        part = {name: array[start : start + large] for name, array in feeds.items()}
        yield Case(f"sample from row {start}", part)
    for size in dict.fromkeys((1, 2, 7, large)):
        if size != rows:
            yield Case(f"batch of {size}", resize_feeds(inputs, feeds, {"batch": size}))
    generator = np.random.default_rng(seed)
    few = {name: array[: max(min(FEW, MOST // row_bytes), 2)] for name, array in feeds.items()}
    few = resize_feeds(inputs, few, {"batch": max(min(rows, FEW), 2)}) if rows == 1 else few
    yield Case("perturbed", {name: _perturb(array, generator) for name, array in few.items()})
    yield Case("mixed", {name: _mix(array, generator) for name, array in few.items()})
    for name, array in few.items():
        for what, values, counts in _find_edges(array):
            yield Case(f"{name}: {what}", {**few, name: values}, counts)
    for axis, size in measure_sizes(inputs, few).items():
        if axis == "batch":
            continue
        for other in dict.fromkeys((1, 2, size + 3, 2 * size)):
            if other != size:
                yield Case(f"{axis} of {other}", resize_feeds(inputs, few, {axis: other}))


def _perturb(array: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    """Floats moved by a thousandth of their spread."""
    if array.dtype.kind != "f":
        return array
    finite = array[np.isfinite(array)].astype(np.float64)
    spread = float(finite.std()) if finite.size else 1.0
    noise = generator.standard_normal(array.shape) * STEP * (spread or 1.0)
    moved: NDArray[Any] = (array + noise).astype(array.dtype)
    return moved


def _mix(array: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    """Each place of a row with what that place holds in some row."""
    flat = array.reshape(len(array), -1)
    chosen = generator.integers(len(array), size=flat.shape)
    mixed: NDArray[Any] = np.take_along_axis(flat, chosen, axis=0).reshape(array.shape)
    return mixed


def _find_edges(array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any], bool]]:
    """Odd values of a dtype: what they are, an array full of them, and whether they count."""
    kind = array.dtype.kind
    if kind == "f":
        finite = array[np.isfinite(array)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        values: dict[str, float] = {
            "all 0": 0.0,
            "all -0": -0.0,
            "all 1": 1.0,
            "the smallest": low,
            "the largest": high,
            "ten times the smallest": 10 * low,
            "ten times the largest": 10 * high,
            "below normal": float(np.finfo(array.dtype).smallest_subnormal),
        }
        for what, value in values.items():
            yield what, np.full_like(array, value), True
        for what, value in (("a NaN", np.nan), ("an infinity", np.inf)):
            spoilt = array.copy()
            spoilt.reshape(len(array), -1)[:, 0] = value
            yield what, spoilt, False
    elif kind in "iu":
        yield "the smallest", np.full_like(array, array.min()), True
        yield "the largest", np.full_like(array, array.max()), True
        if array.dtype == np.uint8:
            yield "all 0", np.zeros_like(array), True
            yield "all 255", np.full_like(array, 255), True
    elif kind == "U":
        yield "no text", np.full_like(array, ""), True
        yield "a text that the sample lacks", np.full(array.shape, UNKNOWN), True
    elif kind == "b":
        yield "all false", np.zeros_like(array), True
        yield "all true", np.ones_like(array), True
