"""Calendar features: pandas' own numbers for every date it can hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycaret.internal.preprocess.transformers import ExtractDateTimeFeatures

from pipeline.convert import Conversion, convert
from pipeline.convert.steps.dates import FEATURES
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

FIRST, LAST = pd.Timestamp.min.value + 1, pd.Timestamp.max.value
EDGES = ["1969-12-31 23:59:59.999999999", "1970-01-01", "1900-02-28 12:00", "1900-03-01"]
EDGES += ["2000-02-29 23:59:59", "2100-02-28", "1677-09-21 00:12:44", "2262-04-11 23:47:16"]


def dated(moments: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"when": pd.to_datetime(moments), "x": np.arange(len(moments)) % 7 + 0.5})


@pytest.fixture(scope="module", params=sorted(FEATURES))
def feature(request: pytest.FixtureRequest) -> tuple[object, Conversion]:
    frame = dated(list(range(0, 40 * 86_400 * 10**9, 86_399 * 10**9)))
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures([request.param]), ["when"])])
    return pipeline, convert(pipeline, frame)


@settings(max_examples=20, deadline=None)
@given(moments=st.lists(st.integers(FIRST, LAST), min_size=1, max_size=50))
def test_every_moment_gets_pandas_calendar(
    feature: tuple[object, Conversion], moments: list[int]
) -> None:
    pipeline, conversion = feature
    rows = dated([*moments, *(pd.Timestamp(e).value for e in EDGES)])
    assert converted(conversion, rows).tolist() == expected(pipeline, rows).tolist()


def test_a_missing_date_has_missing_features() -> None:
    frame = dated([0, 10**18])
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(["year"]), ["when"])])
    rows = frame.assign(when=[pd.NaT, pd.Timestamp("2001-01-01")])
    assert np.isnan(converted(convert(pipeline, frame), rows)).tolist() == [True, False]


def test_a_feature_without_a_formula_is_refused() -> None:
    frame = dated([0, 10**18])
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(["nanosecond"]), ["when"])])
    with pytest.raises(ConversionError, match="'nanosecond' has no formula"):
        convert(pipeline, frame)
