from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)

from pipeline.adopt.preprocessing.sequence_spec import (
    SequenceSpec,
    read_scaler,
    read_sequence_spec,
)
from pipeline.errors import ConfigError, UsageError

SCALERS: tuple[Any, ...] = (
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    StandardScaler(with_mean=False, with_std=False),
    MinMaxScaler(),
    MinMaxScaler(feature_range=(-1, 3)),
    MaxAbsScaler(),
    RobustScaler(),
    RobustScaler(with_centering=False),
    RobustScaler(with_scaling=False, quantile_range=(10, 90)),
)
TABLES = arrays(
    np.float64,
    st.tuples(st.integers(2, 9), st.integers(1, 4)),
    elements=st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, 1e-300, np.nan]),
)
FITTED = StandardScaler().fit([[1.0], [3.0]])


@given(TABLES, st.sampled_from(SCALERS))
@settings(max_examples=150, deadline=None)
def test_a_fitted_scaler_is_read_with_its_own_arithmetic(table: Any, scaler: Any) -> None:
    """Constant features, missing values and huge ones included."""
    with np.errstate(all="ignore"):
        scaler.fit(table)
        scaling = read_scaler(scaler)
        np.testing.assert_array_equal(scaling.apply(table), scaler.transform(table))
        back = scaling.invert(range(table.shape[1])).apply(table)
        np.testing.assert_array_equal(back, scaler.inverse_transform(table))


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2).filter(lambda values: np.ptp(values) > 1e-9),
    st.floats(-5, 5),
)
@settings(deadline=None)
def test_a_minimum_and_maximum_scale_as_a_scaler_fitted_on_them(
    values: list[float], start: float
) -> None:
    column = np.array(values)[:, None]
    ends = [start, start + 2.0]
    section = {"minimum": min(values), "maximum": [max(values)], "range": ends}
    spec = read_sequence_spec(section)
    assert spec.scaling == read_scaler(MinMaxScaler(feature_range=tuple(ends)).fit(column))


def test_a_mean_and_standard_deviation_scale_as_a_scaler_with_them() -> None:
    spec = read_sequence_spec(tomllib.loads("mean = 2\nstd = [1.0]"))
    assert spec.scaling == read_scaler(FITTED)


def test_a_scaler_is_found_by_its_address() -> None:
    spec = read_sequence_spec({"scaler": f"{__name__}:FITTED", "output": "y", "window": 3})
    assert spec.scaling == read_scaler(FITTED)
    assert spec.inverse == spec.scaling.invert([0])


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"window": 0}, "window"),
        ({"window": 2.0}, "window"),
        ({"window": 3, "step": True}, "step"),
        ({"step": 2}, "step"),
        ({"length": 3}, "length"),
        ({"mean": [1.0]}, "std"),
        ({"std": [1.0]}, "mean"),
        ({"mean": [1.0], "std": [0.0]}, "std"),
        ({"mean": [1.0, 2.0], "std": [1.0]}, "std"),
        ({"mean": ["1"], "std": [1.0]}, "mean"),
        ({"mean": [], "std": []}, "mean"),
        ({"minimum": 1, "maximum": 1}, "maximum"),
        ({"minimum": 0, "maximum": 1e-16}, "maximum"),
        ({"minimum": 0, "maximum": float("nan")}, "maximum"),
        ({"minimum": 0, "maximum": 1, "range": [1, 0]}, "range"),
        ({"range": [0, 1]}, "range"),
        ({"mean": 0, "std": 1, "minimum": 0, "maximum": 1}, "one of"),
        ({"output": "y"}, "output"),
        ({"targets": [0]}, "targets"),
        ({"mean": 0, "std": 1, "output": "y", "targets": [1]}, "targets"),
        ({"mean": 0, "std": 1, "output": "y", "targets": [-1]}, "targets"),
        ({"mean": 0, "std": 1, "output": 3}, "output"),
        ({"scaler": "math:pi"}, "StandardScaler"),
        ({"scaler": Normalizer().fit([[1.0]])}, "Normalizer"),
        ({"scaler": StandardScaler()}, "never fitted"),
        ({"scaler": MinMaxScaler(clip=True).fit([[1.0], [2.0]])}, "clip"),
    ],
)
def test_what_no_series_can_be_prepared_with_is_refused_by_name(
    section: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read_sequence_spec(section)
    assert named in str(error.value)


@pytest.mark.parametrize("address", ["nowhere:scaler", "math:nothing", "math"])
def test_an_address_without_an_object_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=address):
        read_sequence_spec({"scaler": address})


@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 9))
def test_windows_are_those_that_fit(length: int, window: int, step: int) -> None:
    starts = [start for start in range(0, length, step) if start + window <= length]
    assert SequenceSpec(window=window, step=step).count_windows(length) == len(starts)
