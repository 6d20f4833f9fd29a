"""Shifts between two holdouts, with whatever a column may hold."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.drift.psi import count_bins, measure_shift, name_shift, psi_by_chance
from pipeline.drift.statistics import population_stability_index

NUMBERS = st.lists(st.none() | st.floats(width=64), min_size=1, max_size=80)
WORDS = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=80)


def numbers(values: list[float | None]) -> pd.Series:
    return pd.Series(values, dtype="float64")


def words(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype=object)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_every_row_is_counted_once(older: list[float | None], newer: list[float | None]) -> None:
    first, second = count_bins(numbers(older), numbers(newer))
    assert (first.sum(), second.sum()) == (len(older), len(newer))
    assert (first[-1], second[-1]) == tuple(numbers(v).isna().sum() for v in (older, newer))


@settings(deadline=None)  # the first one imports scipy
@given(NUMBERS | WORDS)
def test_equal_samples_have_not_shifted(values: list[float | str | None]) -> None:
    is_text = any(isinstance(value, str) for value in values)
    column = words(values) if is_text else numbers(values)  # type: ignore[arg-type]
    again = column.sample(frac=1, random_state=0)  # the order does not matter
    assert measure_shift(column, again, columns=1)["psi"] == 0
    assert measure_shift(column, again, columns=1)["shift"] == "none"


@settings(deadline=None)
@given(WORDS, WORDS)
def test_words_of_any_kind_are_counted(older: list[str | None], newer: list[str | None]) -> None:
    found = measure_shift(words(older), words(newer), columns=3)
    assert 0 <= found["psi"] < math.inf
    assert 0 <= found["by_chance"] < math.inf


def test_a_new_category_and_missing_values_are_shifts() -> None:
    older = words(["a", "b"] * 200)
    for newer in (words(["a", "b", "c", "c"] * 100), words(["a", "b", None, None] * 100)):
        assert measure_shift(older, newer, columns=1)["shift"] == "large"


def test_whole_numbers_are_the_same_with_missing_ones_beside_them() -> None:
    assert measure_shift(pd.Series([1, 2] * 50), numbers([1.0, 2.0] * 50), columns=1)["psi"] == 0


def test_samples_of_one_distribution_seldom_exceed_what_chance_explains() -> None:
    random = np.random.default_rng(0)
    exceeded = 0
    for _ in range(200):
        older, newer = (pd.Series(random.normal(size=size)) for size in (400, 300))
        first, second = count_bins(older, newer)
        exceeded += population_stability_index(first, second) > psi_by_chance(
            first, second, columns=1
        )
    assert exceeded <= 20  # one of 20 is expected; twice as many are not, at 200 tries


def test_words_for_the_size_of_a_shift() -> None:
    assert [name_shift(psi, 0.05) for psi in (0.04, 0.08, 0.2, 0.3)] == [
        *("none", "small", "moderate", "large")
    ]
