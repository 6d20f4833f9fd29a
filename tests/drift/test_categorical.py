"""Counts of words, booleans and classes, against plain counting and scipy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from pipeline.drift.categorical import CATEGORIES, LONGEST, MISSING, REST, Shares

WORDS = st.lists(st.none() | st.text(max_size=4) | st.just(""), min_size=1, max_size=80)
SOME = st.lists(
    st.none() | st.sampled_from(["", "\0", " ", "a", "a\0b", "A", "é", "e\u0301", "青", "👍🏽"]),
    min_size=1,
    max_size=80,
)


def words(values: list[str | None]) -> pd.Series:
    return pd.Series(values, dtype=object)


@settings(deadline=None)
@given(WORDS | SOME, WORDS | SOME)
def test_every_row_is_counted_once_with_its_own_word(
    older: list[str | None], newer: list[str | None]
) -> None:
    shares = Shares.of(words(older))
    bins = shares.bins(words(newer))
    assert shares.rows == len(older)
    assert (bins.older.sum(), bins.newer.sum()) == (len(older), len(newer))
    assert bins.names[-2:] == (REST, MISSING)
    for side, values in ((bins.older, older), (bins.newer, newer)):
        for name, rows in zip(bins.names[:-2], side[:-2], strict=True):
            assert rows == values.count(name)
        assert side[-1] == values.count(None)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_any_words_can_be_compared(older: list[str | None], newer: list[str | None]) -> None:
    change = Shares.of(words(older)).against(words(newer))
    assert 0 <= change.psi < math.inf
    assert 0 <= change.statistic < math.inf
    assert 0 <= change.p_value <= 1
    assert not set(change.vanished) & set(newer)


@settings(deadline=None)
@given(WORDS | SOME)
def test_the_order_of_the_rows_does_not_matter(values: list[str | None]) -> None:
    column = words(values)
    shuffled = column.sample(frac=1, random_state=0)
    assert Shares.of(column) == Shares.of(shuffled)
    change = Shares.of(column).against(shuffled)
    assert (change.psi, change.new, change.vanished) == (0, (), ())


def test_frequent_words_are_tested_as_scipy_does() -> None:
    random = np.random.default_rng(0)
    older = words(list(random.choice(["a", "b", "c"], 900, p=[0.5, 0.3, 0.2])) + [None] * 100)
    newer = words(list(random.choice(["a", "b", "d"], 450, p=[0.4, 0.4, 0.2])) + [None] * 70)
    counts = [
        [*((column == word).sum() for word in "abcd"), column.isna().sum()]
        for column in (older, newer)
    ]
    expected = chi2_contingency(counts, correction=False)
    found = Shares.of(older).against(newer)
    assert math.isclose(found.statistic, expected.statistic, rel_tol=1e-9)
    assert math.isclose(found.p_value, expected.pvalue, rel_tol=1e-6)
    assert (found.new, found.vanished) == (("d",), ("c",))


def test_two_and_two_point_zero_and_the_word_are_the_same_class() -> None:
    whole, real = pd.Series([2, 3] * 50), pd.Series([2.0, 3.0] * 50)
    mixed = pd.Series([2, 3.0] * 50, dtype=object)
    texts = words(["2", "3"] * 50)
    for older in (whole, real, mixed, texts):
        for newer in (whole, real, mixed, texts):
            change = Shares.of(older).against(newer)
            assert (change.psi, change.new, change.vanished) == (0, (), ())


def test_names_of_rows_are_one_bin_and_never_drift() -> None:
    older, newer = (words([f"{side} {k}" for k in range(500)]) for side in "ab")
    shares = Shares.of(older)
    assert (shares.values, shares.rest) == ({}, 500)
    change = shares.against(newer)
    assert (change.psi, change.p_value, change.new) == (0, 1, ())


def test_only_frequent_values_are_kept() -> None:
    names = [f"value {k}" for k in range(200) for _ in range(k + 1)]
    shares = Shares.of(words(names))
    assert list(shares.values) == [f"value {k}" for k in range(199, 199 - CATEGORIES, -1)]
    assert shares.rows == len(names)


def test_booleans_are_counted_by_their_words() -> None:
    shares = Shares.of(pd.Series([True, False, True]))
    assert shares.values == {"True": 2, "False": 1}


def test_long_values_stay_apart_and_take_little_room() -> None:
    long = ["x" * 10_000, "x" * 10_000 + "y", "👍" * 5_000, "\ud800" * 50]
    shares = Shares.of(words(long * 3))
    assert list(shares.values.values()) == [3, 3, 3, 3]
    assert all(len(name.encode()) <= LONGEST + 8 for name in shares.values)
    assert Shares.of(words(long * 3)).against(words(long)).psi < 0.1
