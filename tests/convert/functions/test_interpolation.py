"""Functions in pieces, as scikit-learn's quantile transformer and numpy compute them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer

from pipeline.convert.functions.interpolation import (
    find_last_holding,
    interpolate_averaged,
    interpolate_inverse,
    number_pieces,
)
from tests.convert.harness import computed

RNG = np.random.default_rng(0)
SKEWED = np.column_stack([RNG.lognormal(size=300), RNG.integers(0, 4, 300), RNG.normal(size=300)])


def quantiles(x: Any, count: int = 40) -> QuantileTransformer:
    return QuantileTransformer(n_quantiles=count, output_distribution="uniform").fit(x)


def test_places_are_scikit_learns_between_at_and_beyond_the_quantiles() -> None:
    transformer = quantiles(SKEWED)
    known = transformer.quantiles_
    beside = [np.nextafter(known, np.inf), np.nextafter(known, -np.inf)]
    rows = np.vstack([SKEWED, known, *beside, known * 3 + 1, [[1e300] * 3, [-1e300] * 3]])
    found = computed(lambda x: interpolate_averaged(x, transformer), rows)
    # where repeated quantiles make the function jump, a row would be off by far more
    np.testing.assert_allclose(found, transformer.transform(rows), rtol=0, atol=1e-13)


def test_numbers_at_a_place_are_scikit_learns_and_the_ends_are_where_it_has_them() -> None:
    transformer = quantiles(SKEWED[:, :1]).set_params(output_distribution="normal")
    edges = transformer.references_[1:-1]
    inner = [*RNG.random(300), *edges, *np.nextafter(edges, 0), *np.nextafter(edges, 1)]
    places = np.array([*inner, 1e-8, 2e-7, 1 - 2e-7, 1 - 1e-8])[:, None]
    found = computed(lambda p: interpolate_inverse(p, transformer), places)
    expected = transformer.inverse_transform(norm.ppf(places))
    # the way through the normal distribution and back moves a place by its rounding
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert found[-1] == SKEWED[:, 0].max() and found[-4] == SKEWED[:, 0].min()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(-50, 50), min_size=1, max_size=9, unique=True), min_size=1, max_size=3
    )
)
def test_pieces_go_up_to_and_with_their_edges_and_are_counted_on(
    columns: list[list[float]],
) -> None:
    edges = [np.sort(column) + 0.0 for column in columns]
    values = np.concatenate([*edges, *(np.nextafter(e, np.inf) for e in edges), [-99.0, 99.0]])
    rows = np.repeat(values[:, None], len(edges), axis=1)
    starts = np.cumsum([0, *(len(column) + 1 for column in edges[:-1])])
    expected = np.column_stack(
        [np.searchsorted(e, values, side="left") + s for e, s in zip(edges, starts, strict=True)]
    )
    np.testing.assert_array_equal(computed(lambda x: number_pieces(x, edges), rows), expected)


def test_a_missing_number_is_in_the_last_piece() -> None:
    rows = np.array([[np.nan], [0.0]])
    assert computed(lambda x: number_pieces(x, [np.array([0.0, 1.0])]), rows).tolist() == [[2], [0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_the_last_number_for_which_a_condition_holds_is_its_bound(data: Any, dtype: Any) -> None:
    width = np.dtype(dtype).itemsize * 8
    bound = dtype(data.draw(st.floats(width=width, allow_nan=False, allow_infinity=False)))
    assert find_last_holding(lambda x: bool(x <= bound), np.dtype(dtype)) == bound
    below = find_last_holding(lambda x: bool(x < bound), np.dtype(dtype))
    assert below == (np.nextafter(bound, dtype(-np.inf)) if bound > np.finfo(dtype).min else bound)
