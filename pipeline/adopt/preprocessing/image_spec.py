"""The section [image]: how a picture becomes what a network was trained on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pipeline.errors import ConfigError

Size = int | tuple[int, int]
INTERPOLATIONS = ("bilinear", "bicubic")
COLORS = {"RGB": 3, "BGR": 3, "L": 1}
"""The orders of colours that networks take, and how many channels each has."""


@dataclass(frozen=True)
class ImageSpec:
    """What is done to a picture, in this order: resize, crop, divide, subtract, divide.

    Attributes:
        resize: the length of the short side, or (height, width); None leaves the size.
        crop: (height, width) of the centre; one number for both; None leaves all.
            Where the picture is smaller, black is put around it.
        interpolation: "bilinear" or "bicubic", both with Pillow's antialiasing.
        divisor: bytes are divided by it, 255 for 0..1; 1 where the network takes bytes' values.
        mean: subtracted after the division, one per channel or one for all.
        std: divided by after that, likewise.
        colors: the network's channels: "RGB", "BGR" or "L" (gray, by Pillow's formula).
        layout: the network's axes, "NCHW" (PyTorch) or "NHWC" (Keras).
        labels: names of the classes, in the order of the network's output.

    Raises:
        ConfigError: a value that no picture can be prepared with.
    """

    resize: Size | None = None
    crop: Size | None = None
    interpolation: str = "bilinear"
    divisor: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    colors: str = "RGB"
    layout: str = "NCHW"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_choice("interpolation", self.interpolation, INTERPOLATIONS)
        _check_choice("colors", self.colors, COLORS)
        _check_choice("layout", self.layout, ("NCHW", "NHWC"))
        _check_size("resize", self.resize)
        _check_size("crop", self.crop)
        for key, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise _wrong(key, f"1 or {self.channels} numbers for {self.colors}", values)
            if not all(map(math.isfinite, values)):
                raise _wrong(key, "finite numbers", values)
        if not all(value > 0 for value in (self.divisor, *self.std)):
            raise _wrong("std and divisor", "numbers above 0", (*self.std, self.divisor))

    @property
    def channels(self) -> int:
        return COLORS[self.colors]

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) that every picture gets; None where it depends on the picture."""
        fixed = self.crop if self.crop is not None else self.resize
        if fixed is None or (self.crop is None and isinstance(fixed, int)):
            return None
        return pair_of(fixed)

    @property
    def may_pad(self) -> bool:
        """Whether a picture may be smaller than its crop."""
        if self.crop is None:
            return False
        if self.resize is None:
            return True
        return any(a > b for a, b in zip(pair_of(self.crop), pair_of(self.resize), strict=True))


def read_image_spec(section: Mapping[str, Any]) -> ImageSpec:
    """The spec that a section [image] of adopt.toml says; lists become tuples.

    Raises:
        ConfigError: an unknown key, or a value of another type or out of range.
    """
    known = {field.name for field in fields(ImageSpec)}
    for key in section:
        if key not in known:
            raise ConfigError(
                f"[image] has no key {key!r}", hint=f"expected {', '.join(sorted(known))}"
            )
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in section.items()}
    for key in ("mean", "std"):
        if key in values:
            many = values[key] if isinstance(values[key], tuple) else (values[key],)
            if not all(_is_number(value) for value in many):
                raise _wrong(key, "numbers", values[key])
            values[key] = tuple(map(float, many))
    if not _is_number(values.get("divisor", 1)):
        raise _wrong("divisor", "a number", values["divisor"])
    labels = values.get("labels", ())
    if not (isinstance(labels, tuple) and all(isinstance(label, str) for label in labels)):
        raise _wrong("labels", "a list of texts", labels)
    return ImageSpec(**values)


def pair_of(size: Size) -> tuple[int, int]:
    """(height, width)."""
    return (size, size) if isinstance(size, int) else size


def _check_size(key: str, size: Any) -> None:
    if size is None:
        return
    sides = size if isinstance(size, tuple) and len(size) == 2 else (size,)
    if not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
        raise _wrong(key, "a whole number or [height, width]", size)
    if not all(0 < side <= 1 << 14 for side in sides):
        raise _wrong(key, f"1 to {1 << 14} pixels", size)


def _check_choice(key: str, value: Any, choices: Iterable[str]) -> None:
    if value not in choices:
        raise _wrong(key, " or ".join(choices), value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(key: str, expected: str, got: Any) -> ConfigError:
    shown = list(got) if isinstance(got, tuple) else got
    return ConfigError(f"[image] {key}: expected {expected}, got {shown!r}")
