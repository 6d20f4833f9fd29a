"""What training saw of a column, held against pandas."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.known_values import describe_values, summarize_known
from pipeline.manifest.columns import MOST_CATEGORIES, MOST_SHOWN, Described, Known


@given(st.lists(st.floats(allow_infinity=False) | st.integers(-9, 9), min_size=1))
def test_the_range_of_numbers_is_pandas_own(numbers: list[float]) -> None:
    values = pd.Series(numbers)
    found = summarize_known(values)
    assert found.missing == values.isna().any()
    if values.isna().all():
        assert found == Known(missing=True)
    else:
        assert (found.minimum, found.maximum) == (values.min(), values.max())


@given(st.lists(st.none() | st.text(max_size=3), min_size=1))
def test_categories_are_the_different_texts_in_order(texts: list[str | None]) -> None:
    found = summarize_known(pd.Series(texts, dtype=object))
    assert found.categories == tuple(sorted({text for text in texts if text is not None}))
    assert found.missing == (None in texts)
    assert summarize_known(pd.Series(texts, dtype=object), is_free=True).categories is None


@pytest.mark.parametrize(
    ("count", "is_listed"), [(MOST_CATEGORIES, True), (MOST_CATEGORIES + 1, False)]
)
def test_too_many_texts_are_no_categories(count: int, is_listed: bool) -> None:
    found = summarize_known(pd.Series([f"text {n}" for n in range(count)], dtype=object))
    assert (found.categories is not None) == is_listed


def test_dates_are_nanoseconds_and_booleans_have_no_range() -> None:
    days = pd.Series(pd.to_datetime(["2021-03-04", None, "1969-07-20"]))
    assert summarize_known(days) == Known(
        minimum=days.min().value, maximum=days.max().value, missing=True
    )
    assert summarize_known(pd.Series([True, False])) == Known()
    assert summarize_known(pd.Series([np.nan, np.nan])) == Known(missing=True)


@given(st.lists(st.none() | st.text(max_size=2), min_size=1))
def test_the_dictionary_counts_texts_and_gaps(texts: list[str | None]) -> None:
    found, present = (
        describe_values(pd.Series(texts, dtype=object)),
        [t for t in texts if t is not None],
    )
    assert found.categories == dict(Counter(present))
    assert list(found.categories) == sorted(found.categories)
    assert found.missing == pytest.approx(texts.count(None) / len(texts))
    free = describe_values(pd.Series(texts, dtype=object), is_free=True)
    assert (free.categories, free.missing) == (None, found.missing)


@pytest.mark.parametrize(("count", "is_shown"), [(MOST_SHOWN, True), (MOST_SHOWN + 1, False)])
def test_the_dictionary_shows_no_text_of_many(count: int, is_shown: bool) -> None:
    texts = pd.Series([f"text {n}" for n in range(count)] * 2, dtype=object)
    assert (describe_values(texts).categories is not None) == is_shown
    assert ("text 7" in str(describe_values(texts))) == is_shown


@given(st.lists(st.floats(allow_infinity=False) | st.integers(-9, 9), min_size=1))
def test_the_dictionary_has_the_range_that_scoring_warns_of(numbers: list[float]) -> None:
    values = pd.Series(numbers)
    found, known = describe_values(values), summarize_known(values)
    assert (found.minimum, found.maximum) == (known.minimum, known.maximum)
    assert (found.missing, found.categories) == (values.isna().mean(), None)


def test_the_dictionary_has_dates_as_text_and_booleans_as_counts() -> None:
    days = pd.Series(pd.to_datetime(["2021-03-04", None, "1969-07-20"]))
    found, known = describe_values(days), summarize_known(days)
    assert pd.Timestamp(found.minimum).value == known.minimum
    assert pd.Timestamp(found.maximum).value == known.maximum
    assert describe_values(pd.Series([True, False, True])).categories == {"false": 1, "true": 2}
    assert describe_values(pd.Series([np.nan, np.nan])) == Described(1.0)
