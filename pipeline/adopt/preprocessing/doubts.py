"""Doubts about a sample and the preparation it is to go through: done twice, not at all, elsewhere.

Nobody can know what a network was trained on, so these are warnings, with the figures that raise
them. What cannot be a picture at all is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.preprocessing.image_spec import ImageSpec
from pipeline.adopt.preprocessing.sequence_spec import SequenceSpec
from pipeline.errors import UsageError

FAR = 4.0
"""Standard deviations between the middle of a sample's feature and where scaling expects it."""
NARROW, WIDE = 0.1, 10.0
"""Between these is the spread of a feature that was scaled by its own statistics."""
DARK = 64
"""The largest byte of ordinary photographs is above it, that of other units seldom."""


def check_pictures(pictures: NDArray[Any], name: str) -> None:
    """Refuse a sample that is not decoded pictures, uint8 (batch, height, width, 3).

    Raises:
        UsageError: it is something else; the hint says how to make pictures of it.
    """
    if pictures.dtype != np.uint8:
        raise UsageError(
            f"expected pictures of uint8 in the sample {name!r}, got {pictures.dtype} from "
            f"{_show(pictures.min())} to {_show(pictures.max())}{_guess_origin(pictures)}",
            hint="Give the pictures as they were decoded: [image] scales and normalises them",
        )
    if pictures.ndim == 4 and pictures.shape[3] == 3:
        return
    raise UsageError(
        f"expected pictures (batch, height, width, 3) in the sample {name!r}, got {pictures.shape}",
        hint=_advise_shape(pictures.shape),
    )


def find_picture_doubts(pictures: NDArray[np.uint8], spec: ImageSpec) -> list[str]:
    """Whether pictures and spec are of other units than each other."""
    doubts = []
    if (largest := int(pictures.max())) <= DARK:
        doubts.append(
            f"the largest value of the sample's pictures is {largest} of 255: were they decoded to "
            "bytes, or are they of other units, such as 0 to 16?"
        )
    in_bytes = max(map(abs, spec.mean)) > 2
    if spec.divisor == 255 and in_bytes:
        doubts.append(
            f"[image] divides by 255 and then subtracts {_show(max(spec.mean))}: mean and std look "
            "like those of bytes, which need divisor = 1"
        )
    if spec.divisor == 1 and not in_bytes and any(spec.mean) and max(spec.std) <= 1:
        doubts.append(
            f"[image] leaves bytes as they are and subtracts {_show(max(spec.mean))}: mean and std "
            "look like those of values from 0 to 1, which need divisor = 255"
        )
    return doubts


def find_unprepared_doubts(sample: NDArray[Any], name: str) -> list[str]:
    """Whether a sample of four axes, without [image], was prepared by something left outside."""
    if sample.ndim != 4 or not {1, 3} & {sample.shape[1], sample.shape[3]}:
        return []
    if sample.dtype.kind != "f" or not np.isfinite(sample).any():
        return []
    if origin := _guess_origin(sample):
        return [
            f"the sample {name!r} has values from {_show(np.nanmin(sample))} to "
            f"{_show(np.nanmax(sample))}{origin}: "
            "what did that is not in the graph, and every device has to do it alike; [image] puts "
            "it there"
        ]
    return []


def find_series_doubts(series: NDArray[Any], spec: SequenceSpec | None, name: str) -> list[str]:
    """Whether a series was scaled before, is scaled by nothing, or by another table's figures."""
    if series.ndim not in (2, 3) or series.dtype.kind not in "fiu" or not series.size:
        return []
    values = series.reshape(-1, series.shape[2] if series.ndim == 3 else 1).astype(np.float64)
    if spec is None or spec.scaling is None:
        return _find_unscaled(values, name)
    if values.shape[1] != spec.scaling.features:
        return []  # refused where the graph is made, with both numbers
    scaled = spec.scaling.apply(values)
    doubts = []
    for place in range(values.shape[1]):
        middle, spread = _measure(scaled[:, place])
        if abs(middle) <= FAR and spread <= WIDE:
            continue
        told = f"feature {place} of the sample {name!r}"
        if _looks_scaled(values[:, place]):
            before = " and ".join(map(_show, _measure(values[:, place])))
            doubts.append(
                f"{told} has mean and standard deviation {before}: it looks scaled already, and "
                f"[sequence] scales it again, to a mean of {_show(middle)}"
            )
        else:
            doubts.append(
                f"{told} has a mean of {_show(middle)} and a standard deviation of {_show(spread)} "
                "after [sequence] scaled it: are its figures of other units, of another table, or "
                "of features in another order?"
            )
    return doubts


def _find_unscaled(values: NDArray[np.float64], name: str) -> list[str]:
    far = []
    for place in range(values.shape[1]):
        middle, spread = _measure(values[:, place])
        if abs(middle) > WIDE or spread > WIDE:
            far.append(f"feature {place}: mean {_show(middle)}, standard deviation {_show(spread)}")
    if not far:
        return []
    return [
        f"the sample {name!r} is not scaled ({'; '.join(far)}), and no [sequence] scales it: was "
        "the scaler of the training forgotten?"
    ]


def _looks_scaled(column: NDArray[np.float64]) -> bool:
    middle, spread = _measure(column)
    return abs(middle) <= 1 and NARROW <= spread <= 2


def _measure(column: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of the finite values; 0 and 0 where there are none."""
    finite = column[np.isfinite(column)]
    return (float(finite.mean()), float(finite.std())) if finite.size else (0.0, 0.0)


def _guess_origin(sample: NDArray[Any]) -> str:
    """What a sample of floats may have gone through; '' where it looks like nothing known."""
    low, high = float(np.nanmin(sample)), float(np.nanmax(sample))
    if low >= 0 and 2 < high <= 255 and np.array_equal(sample, np.round(sample)):
        return ", whole numbers like bytes"
    if low >= 0 and high <= 1:
        return ", as if divided by 255"
    if -4 <= low < 0 < high <= 4:
        return ", as if normalised by mean and std"
    return ""


def _advise_shape(shape: tuple[int, ...]) -> str:
    if len(shape) == 4 and shape[1] == 3:
        return "These are channels first: transpose them with pictures.transpose(0, 2, 3, 1)"
    if len(shape) == 3 and shape[2] == 3:
        return "This is one picture: give it an axis for the batch, pictures[None]"
    if len(shape) == 4 and shape[3] == 4:
        return "These have transparency: convert them with Pillow's convert('RGB') first"
    if len(shape) in (3, 4):
        return (
            'Gray pictures are given as RGB, the value three times; [image] colors = "L" makes '
            "them gray again"
        )
    return "Stack decoded pictures of one size, or give one picture with a batch of 1"


def _show(value: Any) -> str:
    return f"{float(value):.4g}"
