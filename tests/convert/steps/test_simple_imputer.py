"""Imputed numbers: the same value, in the same precision, as scikit-learn's imputer gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.impute import KNNImputer, SimpleImputer

from pipeline.convert import convert
from tests.convert.pipelines import converted, expected, fitted

SMALL = pd.DataFrame({"a": [1, 5, 9, 2] * 10, "b": [0.1, np.nan, 0.7, 1e-3] * 10})
LONG = SMALL.assign(c=[1000, 70000, 12345, 99999] * 10)
IMPUTERS = {
    "mean": SimpleImputer(strategy="mean"),
    "median": SimpleImputer(strategy="median"),
    "mode": SimpleImputer(strategy="most_frequent"),
    "constant": SimpleImputer(strategy="constant", fill_value=0.1),
}


def imputed(frame: pd.DataFrame, imputer: SimpleImputer | KNNImputer) -> Any:
    return fitted(frame, [("numerical_imputer", imputer, list(frame.columns))])


@pytest.mark.parametrize("name", IMPUTERS)
@pytest.mark.parametrize("frame", [SMALL, LONG], ids=["int8", "int32"])
def test_each_strategy_fills_in_like_the_imputer(name: str, frame: pd.DataFrame) -> None:
    pipeline = imputed(frame, IMPUTERS[name])
    conversion = convert(pipeline, frame)
    for column in frame:
        rows = frame.astype(float).head(8)
        rows.loc[::2, column] = np.nan
        kept = {c: int for c in frame if c != column and frame[c].dtype.kind == "i"}
        rows = rows.astype(kept)
        np.testing.assert_allclose(
            converted(conversion, rows)[::2],
            expected(pipeline, rows)[::2],
            rtol=1e-14,  # a float32 mean in place of a float64 one would be 1e-8 off
        )


MARKED = SMALL.assign(b=SMALL["b"].fillna(-99.1), c=np.arange(40.0))


@pytest.mark.parametrize(
    "imputer",
    [
        SimpleImputer(missing_values=-99.1),
        SimpleImputer(missing_values=5, strategy="median"),
        SimpleImputer(missing_values=-99.1, strategy="constant", fill_value=7.5),
        SimpleImputer(missing_values=-99.1, add_indicator=True),
        KNNImputer(missing_values=-99.1, n_neighbors=3),
    ],
    ids=["mean", "median of integers", "constant", "indicator", "neighbours"],
)
def test_another_mark_than_nan_is_what_is_filled(imputer: Any) -> None:
    pipeline = imputed(MARKED, imputer)
    rows = MARKED.assign(a=MARKED["a"][::-1].to_numpy(), b=np.roll(MARKED["b"], 3))
    graph = converted(convert(pipeline, MARKED), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-12)
    assert (rows == imputer.missing_values).to_numpy().any()


def test_an_indicator_says_what_was_missing() -> None:
    frame = LONG.assign(d=LONG["b"][::-1].to_numpy())
    pipeline = imputed(frame, SimpleImputer(add_indicator=True))
    rows = frame.assign(c=np.nan, d=1.0)  # of c nothing was missing in training
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-7)
    assert len(pipeline.steps[-1][1].coef_) == 6


def test_all_columns_missing_gives_the_imputers_float32_values() -> None:
    pipeline = imputed(LONG, SimpleImputer(strategy="mean"))
    rows = pd.DataFrame({c: [np.nan, np.nan] for c in LONG})
    graph = converted(convert(pipeline, LONG), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-7)  # float32 arithmetic


numbers = st.floats(-1e30, 1e30, allow_nan=False)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.tuples(numbers, st.one_of(numbers, st.just(np.nan))), min_size=2))
def test_any_number_is_rounded_as_predict_model_rounds_it(
    rows: list[tuple[float, float]],
) -> None:
    frame = pd.DataFrame({"a": [0.5, 1.5, 2.5] * 9, "b": [0.1, 0.2, 0.3] * 9})
    pipeline = imputed(frame, SimpleImputer(strategy="mean"))
    # A float64 column keeps the linear model in float64, as PyCaret's encoders do.
    pipeline.steps[-1][1].coef_ = np.array([1.0, 0.0])
    tested = pd.DataFrame(rows, columns=["a", "b"])
    np.testing.assert_allclose(
        converted(convert(pipeline, frame), tested),
        tested["a"].astype(np.float32).astype(float),
        rtol=1e-15,
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=8))
def test_whole_numbers_beyond_float32_stay_exact(values: list[int]) -> None:
    frame = pd.DataFrame({"id": [2**40, 2**25 + 1, 7] * 9})
    pipeline = imputed(frame, SimpleImputer(strategy="mean"))
    rows = pd.DataFrame({"id": [*values, 2**40]})
    graph = converted(convert(pipeline, frame), rows)
    assert graph.tolist() == expected(pipeline, rows).tolist()
