"""The section [sequence]: how a series becomes what a network was trained on, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.source import import_object
from pipeline.errors import ConfigError

OPERATIONS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "Sub": (np.subtract, "Add"),
    "Add": (np.add, "Sub"),
    "Mul": (np.multiply, "Div"),
    "Div": (np.divide, "Mul"),
}
"""ONNX's operator: numpy's function, and the operator that takes it back."""


@dataclass(frozen=True)
class Scaling:
    """Operators in their order, each with a number per feature, as scikit-learn computes."""

    steps: tuple[tuple[str, tuple[float, ...]], ...]

    @property
    def features(self) -> int:
        return len(self.steps[0][1])

    def invert(self, targets: Sequence[int]) -> Scaling:
        """What takes it back for the features at these places, in this order."""
        return Scaling(
            tuple(
                (OPERATIONS[name][1], tuple(values[place] for place in targets))
                for name, values in reversed(self.steps)
            )
        )

    def apply(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """(..., features) in float64."""
        scaled = np.asarray(values, dtype=np.float64)
        for name, numbers in self.steps:
            scaled = OPERATIONS[name][0](scaled, np.array(numbers))
        return scaled


@dataclass(frozen=True)
class SequenceSpec:
    """What is done to a series on its way into a network, and to the outputs on their way out.

    Attributes:
        input: the network's input; None for its only one.
        window: the number of time steps that the network takes at once; None for all.
        step: time steps from the beginning of a window to that of the next.
        scaling: what is done to each feature; None for nothing.
        output: the output that is scaled back, to float64; None for none.
        targets: the features that its last axis holds; () for all of them.

    Raises:
        ConfigError: a value that no series can be prepared with.
    """

    input: str | None = None
    window: int | None = None
    step: int = 1
    scaling: Scaling | None = None
    output: str | None = None
    targets: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for key in ("window", "step"):
            value = getattr(self, key)
            if value is not None and (not _is_whole(value) or value < 1):
                raise _wrong(key, "a whole number from 1", value)
        if self.step != 1 and self.window is None:
            raise _wrong("step", "window beside it", self.step)
        if self.output is None:
            if self.targets:
                raise _wrong("targets", "output, which they belong to", self.targets)
            return
        if self.scaling is None:
            raise _wrong("output", "a scaling to take back", self.output)
        count = self.scaling.features
        if not all(_is_whole(place) and 0 <= place < count for place in self.targets):
            raise _wrong("targets", f"places of features, 0 to {count - 1}", self.targets)

    @property
    def inverse(self) -> Scaling | None:
        """What the output is scaled back by; None where it stays as it is."""
        if self.scaling is None or self.output is None:
            return None
        return self.scaling.invert(self.targets or range(self.scaling.features))

    def count_windows(self, length: int) -> int:
        """How many whole windows a series of this length has."""
        if self.window is None:
            return 1
        return max((length - self.window) // self.step + 1, 0)


def read_sequence_spec(section: Mapping[str, Any]) -> SequenceSpec:
    """The spec that a section [sequence] of adopt.toml says.

    The scaling is `mean` and `std`, or `minimum` and `maximum` with `range` ([0, 1]), a number per
    feature; or `scaler`, a fitted scaler of scikit-learn or its address `module:object`.

    Raises:
        ConfigError: an unknown key, or a value of another type or out of range.
        UsageError: there is no object at the scaler's address.
    """
    known = {field.name for field in fields(SequenceSpec)} - {"scaling"}
    for key in section:
        if key not in known | _SCALING:
            names = ", ".join(sorted(known | _SCALING))
            raise ConfigError(f"[sequence] has no key {key!r}", hint=f"Expected {names}")
    values = {key: value for key, value in section.items() if key in known}
    for key in ("input", "output"):
        if not isinstance(values.get(key, ""), str):
            raise _wrong(key, "a name", values[key])
    if "targets" in values:
        places = values["targets"]
        values["targets"] = tuple(places) if isinstance(places, list) else (places,)
    return SequenceSpec(scaling=_read_scaling(section), **values)


def read_scaler(scaler: Any) -> Scaling:
    """The arithmetic of a fitted StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler.

    Raises:
        ConfigError: it is another object, was not fitted, or clips.
    """
    name = type(scaler).__name__
    is_known = name in _SCALERS and type(scaler).__module__.startswith("sklearn.")
    if not is_known:
        raise _wrong("scaler", f"a fitted {' or '.join(_SCALERS)}", type(scaler).__qualname__)
    if not hasattr(scaler, "n_features_in_"):
        raise _wrong("scaler", "a fitted scaler", f"a {name} that was never fitted")
    if getattr(scaler, "clip", False):
        raise _wrong("scaler", "one that does not clip", f"{name}(clip=True)")
    steps = []
    for operator, attribute, switch in _SCALERS[name]:
        numbers = getattr(scaler, attribute)
        if numbers is not None and getattr(scaler, switch, True):
            steps.append((operator, tuple(map(float, numbers))))
    return Scaling(tuple(steps) or (("Add", (0.0,) * scaler.n_features_in_),))


_SCALERS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "StandardScaler": (("Sub", "mean_", "with_mean"), ("Div", "scale_", "with_std")),
    "MinMaxScaler": (("Mul", "scale_", ""), ("Add", "min_", "")),
    "MaxAbsScaler": (("Div", "scale_", ""),),
    "RobustScaler": (("Sub", "center_", "with_centering"), ("Div", "scale_", "with_scaling")),
}
"""Operators of each, the attribute with their numbers, and the setting that switches them off."""

_PAIRS = (("mean", "std"), ("minimum", "maximum"))
_SCALING = {"mean", "std", "minimum", "maximum", "range", "scaler"}


def _read_scaling(section: Mapping[str, Any]) -> Scaling | None:
    given = [key for key in ("mean", "minimum", "scaler") if key in section]
    for one, other in _PAIRS:
        if (one in section) != (other in section):
            raise _wrong(f"{one} and {other}", "both", section.get(one, section.get(other)))
    if len(given) > 1:
        raise _wrong("scaling", "one of mean, minimum and scaler", " and ".join(given))
    if "range" in section and given != ["minimum"]:
        raise _wrong("range", "minimum and maximum beside it", section["range"])
    if not given:
        return None
    if given == ["scaler"]:
        scaler = section["scaler"]
        return read_scaler(import_object(scaler) if isinstance(scaler, str) else scaler)
    one, other = next(pair for pair in _PAIRS if pair[0] == given[0])
    low, high = (_read_numbers(key, section[key]) for key in (one, other))
    if len(low) != len(high):
        raise _wrong(f"{one} and {other}", "as many numbers", (len(low), len(high)))
    if one == "mean":
        if not all(value > 0 for value in high):
            raise _wrong("std", "numbers above 0 (scikit-learn takes 1 for a constant)", high)
        return Scaling((("Sub", low), ("Div", high)))
    return _make_min_max(low, high, _read_numbers("range", section.get("range", [0, 1])))


def _make_min_max(
    low: tuple[float, ...], high: tuple[float, ...], ends: tuple[float, ...]
) -> Scaling:
    """MinMaxScaler's: one factor and one summand per feature."""
    # scikit-learn takes a narrower range for a constant, and does not scale it.
    if not all(b - a >= 10 * np.finfo(float).eps for a, b in zip(low, high, strict=True)):
        raise _wrong("minimum and maximum", "each minimum below its maximum", (*low, *high))
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise _wrong("range", "two numbers, the smaller one first", ends)
    factors = (ends[1] - ends[0]) / (np.array(high) - np.array(low))
    summands = ends[0] - np.array(low) * factors
    return Scaling((("Mul", tuple(factors.tolist())), ("Add", tuple(summands.tolist()))))


def _read_numbers(key: str, values: Any) -> tuple[float, ...]:
    many = values if isinstance(values, list | tuple) else [values]
    if not many or not all(
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        for value in many
    ):
        raise _wrong(key, "finite numbers, one per feature", values)
    return tuple(map(float, many))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong(key: str, expected: str, got: Any) -> ConfigError:
    shown = list(got) if isinstance(got, tuple) else got
    return ConfigError(f"[sequence] {key}: expected {expected}, got {shown!r}")
