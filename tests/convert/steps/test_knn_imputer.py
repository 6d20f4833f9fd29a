"""Values from nearest neighbours: scikit-learn's own, once equally far donors stand in order."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.impute import KNNImputer

from pipeline.convert import Conversion, convert
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.errors import ConversionError
from pipeline.parity.explanations.imputer_ties import order_imputer
from tests.convert.pipelines import converted, fitted

RANDOM = np.random.default_rng(0)
WHOLE = pd.DataFrame(
    {
        "a": RANDOM.integers(0, 9, 60),
        "b": RANDOM.normal(30, 6, 60).round(1),
        "c": RANDOM.integers(0, 5, 60),
    }
)
LONG = WHOLE.assign(c=RANDOM.integers(1000, 1010, 60) * 100)
GAPS = WHOLE.mask(RANDOM.random(WHOLE.shape) < 0.15)
TABLES = {"complete": WHOLE, "with an int32 column": LONG, "with gaps": GAPS}


def imputed(frame: pd.DataFrame, **parameters: Any) -> Any:
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("numerical_imputer", KNNImputer(**parameters), list(frame.columns))
    ]
    return fitted(frame, steps)


def seen_by_model(pipeline: Any, rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The linear model's sum over what scikit-learn imputes with donors in order."""
    x = order_imputer(pipeline.steps[0][1].transformer).transform(shrink_dtypes(rows)).astype(float)
    return np.asarray(x @ pipeline.steps[-1][1].coef_)


@pytest.mark.parametrize("name", TABLES)
def test_values_are_scikit_learns_with_donors_in_order(name: str) -> None:
    frame = TABLES[name]
    rows = frame.astype(float).mask(RANDOM.random(frame.shape) < 0.4)
    rows = pd.concat([rows, pd.DataFrame({c: [np.nan, 1e30] for c in frame})], ignore_index=True)
    pipeline = imputed(frame)
    graph = converted(convert(pipeline, frame), rows)
    # Where c is whole the graph answers as in a batch of integers; here PyCaret has floats only.
    kept = rows["c"].isna() if name == "with an int32 column" else rows.index >= 0
    np.testing.assert_allclose(
        graph[kept],
        seen_by_model(pipeline, rows)[kept],
        rtol=1e-13,  # a value of another donor would be 1e-3 off, a float32 sum 1e-8
    )


def test_whole_int32_numbers_keep_the_imputed_values_in_float64() -> None:
    pipeline = imputed(LONG)
    rows = LONG.assign(b=np.nan)
    graph = converted(convert(pipeline, LONG), rows)
    np.testing.assert_allclose(graph, seen_by_model(pipeline, rows), rtol=1e-15)


def test_a_row_without_any_value_gets_the_means() -> None:
    pipeline = imputed(GAPS)
    # A batch of nothing else would be float64 for predict_model.
    rows = pd.concat([GAPS.dropna().head(1), pd.DataFrame({c: [np.nan] for c in GAPS})])
    graph = converted(convert(pipeline, GAPS), rows)
    np.testing.assert_allclose(graph, seen_by_model(pipeline, rows), rtol=1e-14)


def test_a_column_without_any_value_is_left_out() -> None:
    frame = GAPS.assign(d=np.nan)
    pipeline = imputed(frame)
    graph = converted(convert(pipeline, frame), frame)
    np.testing.assert_allclose(graph, seen_by_model(pipeline, frame), rtol=1e-13)


def test_fewer_donors_than_neighbours_are_all_taken() -> None:
    frame = WHOLE.head(12).assign(b=[1.5, 2.5, 4.0] + [np.nan] * 9)
    pipeline = imputed(frame)
    graph = converted(convert(pipeline, frame), frame)
    np.testing.assert_allclose(graph, seen_by_model(pipeline, frame), rtol=1e-13)


def test_weights_by_distance_are_refused() -> None:
    with pytest.raises(ConversionError, match="expected weights='uniform'"):
        convert(imputed(WHOLE, weights="distance"), WHOLE)


numbers = st.one_of(st.integers(-(10**6), 10**6).map(float), st.floats(-1e6, 1e6), st.just(np.nan))


@cache
def prepared() -> tuple[Any, Conversion]:
    """One pipeline and its conversion, for all examples."""
    pipeline = imputed(GAPS)
    return pipeline, convert(pipeline, GAPS)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=30))
def test_any_row_gets_the_mean_of_its_nearest_donors(
    rows: list[tuple[float, float, float]],
) -> None:
    # A row of fractions: without it a column of whole or no numbers would not be float32.
    tested = pd.DataFrame([*rows, (1.5, 0.5, 2.5)], columns=list(GAPS), dtype=float)
    tested = tested.astype(np.float32).astype(float)
    pipeline, conversion = prepared()
    graph = converted(conversion, tested)
    expected = seen_by_model(pipeline, tested)
    np.testing.assert_allclose(graph, expected, rtol=1e-12, atol=1e-9)
