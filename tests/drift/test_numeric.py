"""A column's spread against the samples that it stands for, and against scipy's test of them."""

from __future__ import annotations

import math
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from pipeline.drift.numeric import BINS, KOLMOGOROV_SMIRNOV, POINTS, Spread

LARGEST = sys.float_info.max
FLOATS = st.floats(width=64, allow_nan=False) | st.sampled_from([1e307, -1e307, LARGEST, 0.0, -0.0])
FEW = st.integers(-3, 3).map(float)
NUMBERS = st.lists(st.none() | FLOATS | FEW, min_size=1, max_size=80)
DATES = st.lists(
    st.none() | st.datetimes(pd.Timestamp("1678-01-01"), pd.Timestamp("2261-12-31")),
    min_size=1,
    max_size=40,
)


def numbers(values: list[float | None]) -> pd.Series:
    return pd.Series(values, dtype="float64")


def dates(values: list[object]) -> pd.Series:
    return pd.Series(pd.to_datetime(pd.Series(values, dtype=object)), dtype="datetime64[ns]")


def ranks(older: pd.Series, newer: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Places of the values among those of both, missing ones above all: the test sees no more."""
    both = pd.concat([older, newer], ignore_index=True)
    found = both.rank(method="dense", na_option="bottom").to_numpy()
    return found[: len(older)], found[len(older) :]


def assert_as_scipy(older: pd.Series, newer: pd.Series, *, within: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy on half a row
        expected = ks_2samp(*ranks(older, newer), method="asymp")
    found = Spread.of(older).against(newer)
    assert found.test == KOLMOGOROV_SMIRNOV
    assert expected.statistic - within <= found.statistic <= expected.statistic + 1e-12
    if len(older) * len(newer) >= len(older) + len(newer):
        assert found.p_value >= expected.pvalue * (1 - 1e-6)
        if found.statistic > expected.statistic - 1e-12:
            assert found.p_value <= expected.pvalue * (1 + 1e-6)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_statistic_is_scipy_s(older: list[float | None], newer: list[float | None]) -> None:
    assert_as_scipy(numbers(older), numbers(newer), within=1e-12)


@settings(deadline=None)
@given(DATES, DATES)
def test_dates_are_tested_like_numbers(older: list[object], newer: list[object]) -> None:
    assert_as_scipy(dates(older), dates(newer), within=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("moved", [0.0, 0.2, 1.0])
def test_many_values_cost_no_more_than_a_point_s_share(seed: int, moved: float) -> None:
    random = np.random.default_rng(seed)
    older = pd.Series(np.where(random.random(5000) < 0.3, 0, random.normal(size=5000)))
    newer = pd.Series(np.where(random.random(900) < 0.3, 0, random.normal(moved, 1, 900)))
    older[random.random(5000) < 0.1] = np.nan
    assert_as_scipy(older, newer, within=1 / POINTS)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_every_row_is_counted_once(older: list[float | None], newer: list[float | None]) -> None:
    columns = numbers(older), numbers(newer)
    spread = Spread.of(columns[0])
    bins = spread.bins(columns[1])
    assert spread.rows == len(older)
    assert (bins.older.sum(), bins.newer.sum()) == (len(older), len(newer))
    assert (bins.older[-1], bins.newer[-1]) == tuple(c.isna().sum() for c in columns)
    assert len(bins.names) == len(bins.older) == len(bins.newer)
    assert (bins.older >= 0).all() and (bins.newer >= 0).all()


@settings(deadline=None)
@given(st.lists(st.none() | FLOATS | FEW, min_size=1, max_size=400), st.integers(10, POINTS))
def test_it_is_exact_at_its_points(values: list[float | None], points: int) -> None:
    column = numbers(values)
    spread = Spread.of(column, points)
    assert len(spread.values) <= points + 1
    assert list(spread.values) == sorted(set(spread.values))
    below = 0
    for value, at, between in zip(spread.values, spread.at, spread.between, strict=True):
        below += between
        assert below == (column < value).sum()
        assert at == (column == value).sum() > 0
        below += at
    assert below == column.notna().sum()


@settings(deadline=None)
@given(NUMBERS | DATES)
def test_the_same_sample_in_another_order_has_not_moved(values: list[object]) -> None:
    is_number = all(value is None or isinstance(value, float) for value in values)
    column = numbers(values) if is_number else dates(values)  # type: ignore[arg-type]
    change = Spread.of(column).against(column.sample(frac=1, random_state=0))
    assert (change.psi, change.statistic, change.p_value) == (0, 0, 1)


def test_bins_are_tenths_of_the_older_rows() -> None:
    older, newer = pd.Series(np.arange(1000.0)), pd.Series(np.arange(500.0))
    bins = Spread.of(older).bins(newer)
    assert len(bins.names) == BINS + 1  # and one for missing values
    assert list(bins.older) == [100] * BINS + [0]
    assert list(bins.newer) == [100] * 5 + [0] * (BINS - 5) + [0]


def test_a_value_with_a_tenth_of_the_rows_is_a_bin_of_its_own() -> None:
    random = np.random.default_rng(0)
    older = pd.Series(np.append(np.zeros(700), random.exponential(1, 300)))
    bins = Spread.of(older).bins(pd.Series(-np.ones(50)))
    found = dict(zip(bins.names, zip(bins.older, bins.newer, strict=True), strict=True))
    assert found["0"] == (700, 0)
    assert found["below 0"] == (0, 50)


def test_whole_numbers_are_the_same_with_missing_ones_beside_them() -> None:
    change = Spread.of(pd.Series([1, 2] * 50)).against(numbers([1.0, 2.0] * 50))
    assert (change.psi, change.p_value) == (0, 1)


def test_a_growing_share_of_missing_values_is_drift() -> None:
    random = np.random.default_rng(0)
    older, newer = (pd.Series(random.normal(size=1000)) for _ in "ab")
    newer[:400] = np.nan
    change = Spread.of(older).against(newer)
    assert change.psi > 0.25
    assert change.p_value < 1e-9


@pytest.mark.parametrize(
    "values",
    [[None] * 30, [5.0] * 30, [1e307, -1e307] * 15, [LARGEST, -LARGEST, 0.0]],
    ids=["nothing", "constant", "huge", "largest"],
)
def test_odd_columns_are_compared_with_anything(values: list[float | None]) -> None:
    older = numbers(values)
    for newer in (older, numbers([None]), numbers([1.0, 2.0]), numbers([LARGEST, None])):
        change = Spread.of(older).against(newer)
        assert 0 <= change.psi < math.inf
        assert 0 <= change.statistic <= 1
        assert 0 <= change.p_value <= 1
