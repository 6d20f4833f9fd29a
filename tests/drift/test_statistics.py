"""The index and the tests on bins, against their formulas and scipy's own functions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency, ks_2samp

from pipeline.drift.statistics import (
    EXPECTED,
    HALF,
    chi_squared,
    kolmogorov_smirnov,
    population_stability_index,
)

Pair = tuple[np.ndarray, np.ndarray]


def pairs(most: int) -> st.SearchStrategy[Pair]:
    return st.integers(2, 12).flatmap(
        lambda size: st.tuples(*[arrays(np.int64, size, elements=st.integers(0, most))] * 2)
    )


def by_hand(older: list[int], newer: list[int]) -> float:
    """The sum over the bins, with half a row in each beside those counted."""
    total = 0.0
    for first, second in zip(older, newer, strict=True):
        p = (first + HALF) / (sum(older) + HALF * len(older))
        q = (second + HALF) / (sum(newer) + HALF * len(newer))
        total += (q - p) * math.log(q / p)
    return total


def test_the_index_is_the_sum_of_its_formula() -> None:
    older, newer = [30, 50, 20], [10, 40, 50]
    assert math.isclose(
        population_stability_index(np.array(older), np.array(newer)), by_hand(older, newer)
    )


def test_many_rows_make_it_the_textbook_s_index() -> None:
    p, q = np.array([0.3, 0.5, 0.2]), np.array([0.1, 0.4, 0.5])
    found = population_stability_index((p * 10**8).astype(int), (q * 10**8).astype(int))
    assert math.isclose(found, float(((q - p) * np.log(q / p)).sum()), rel_tol=1e-6)


@settings(deadline=None)
@given(pairs(10**9))
def test_it_is_finite_and_never_negative_even_with_empty_bins(found: Pair) -> None:
    value = population_stability_index(*found)
    assert 0 <= value < math.inf
    assert math.isclose(
        value, population_stability_index(*reversed(found)), rel_tol=1e-9, abs_tol=1e-12
    )


@settings(deadline=None)
@given(pairs(10**6).map(lambda pair: (pair[0] + 1000, pair[1] + 1000)))
def test_large_bins_are_tested_as_scipy_does(found: Pair) -> None:
    expected = chi2_contingency(np.stack(found), correction=False)
    if expected.expected_freq.min() < EXPECTED:
        return  # 12 bins of a million rows and one of a thousand
    statistic, p_value = chi_squared(*found)
    assert math.isclose(statistic, expected.statistic, rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(p_value, expected.pvalue, rel_tol=1e-6, abs_tol=1e-300)


@settings(deadline=None)
@given(pairs(30))
def test_small_bins_are_counted_together(found: Pair) -> None:
    statistic, p_value = chi_squared(*found)
    assert statistic >= 0
    assert 0 <= p_value <= 1


def test_what_is_counted_together_are_the_smallest_bins() -> None:
    older, newer = np.array([100, 80, 2, 3, 0, 4]), np.array([90, 95, 3, 1, 1, 2])
    merged = np.array([[100, 80, 9], [90, 95, 7]])
    expected = chi2_contingency(merged, correction=False)
    assert expected.expected_freq.min() >= EXPECTED
    assert chi_squared(older, newer) == pytest.approx((expected.statistic, expected.pvalue))


@settings(deadline=None)
@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=200),
    st.lists(st.integers(-5, 5), min_size=1, max_size=200),
)
def test_the_p_value_is_that_of_scipy_for_so_many_rows(older: list[int], newer: list[int]) -> None:
    rows = len(older), len(newer)
    if len(older) * len(newer) < sum(rows):
        return  # scipy has no answer for half a row
    expected = ks_2samp(older, newer, method="asymp")
    found = kolmogorov_smirnov(float(expected.statistic), *rows)
    assert math.isclose(found, expected.pvalue, rel_tol=1e-12)
