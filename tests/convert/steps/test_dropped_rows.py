"""Dropped rows: the graph marks exactly the rows that PyCaret leaves out."""

from __future__ import annotations

from typing import Any

import category_encoders as ce
import numpy as np
import pandas as pd
import pytest
from pycaret.internal.preprocess.transformers import DropImputer
from sklearn.impute import SimpleImputer

from pipeline.convert import convert
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from tests.convert.pipelines import converted, fitted

COMPLETE = pd.DataFrame(
    {
        "age": [20, 30, 40, 50] * 6,
        "bmi": [20.5, 31.25, 28.0, 25.5] * 6,
        "sex": ["female", "male", "male", "female"] * 6,
    }
)
GAPS = COMPLETE.mask(np.random.default_rng(0).random(COMPLETE.shape) < 0.25)


def dropping(frame: pd.DataFrame, *columns: list[str]) -> Any:
    steps: list[tuple[str, Any, list[str] | None]] = [
        (f"drop {i}", DropImputer(listed), None) for i, listed in enumerate(columns)
    ]
    mode = SimpleImputer(strategy="most_frequent")
    steps.append(("mode", mode, ["sex"]))
    steps.append(("ordinal", ce.OrdinalEncoder(cols=["sex"]), ["sex"]))
    steps.append(("zero", SimpleImputer(strategy="constant", fill_value=-7.0), None))
    return fitted(frame, steps)


@pytest.mark.parametrize(
    "columns", [(["age", "bmi"],), (["sex"],), (["age"], ["sex"]), ([],)], ids=str
)
def test_dropped_rows_are_nan_and_all_others_are_answered(columns: tuple[list[str], ...]) -> None:
    pipeline = dropping(COMPLETE, *columns)
    conversion = convert(pipeline, COMPLETE)
    assert set(conversion.required) == {name for listed in columns for name in listed}
    rows = GAPS.reset_index(drop=True)
    kept = rows.dropna(subset=[name for listed in columns for name in listed]).index
    x = shrink_dtypes(rows)
    for _, step in pipeline.steps[:-1]:
        x = step.transform(x)
    expected = np.full(len(rows), np.nan)
    expected[kept] = pipeline.steps[-1][1].predict(x)
    np.testing.assert_allclose(converted(conversion, rows), expected, rtol=1e-6)


def test_a_model_may_be_converted_from_rows_that_begin_with_dropped_ones() -> None:
    pipeline = dropping(COMPLETE, ["age"])
    gap = pd.DataFrame({"age": [np.nan] * 300, "bmi": [1.0] * 300, "sex": ["male"] * 300})
    frame = pd.concat([gap, COMPLETE], ignore_index=True)
    assert np.isnan(converted(convert(pipeline, frame), frame)).tolist() == [True] * 300 + [
        False
    ] * len(COMPLETE)
