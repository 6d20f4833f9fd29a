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
from pipeline.convert.support.caveat import CaveatKind, RunFacts
from pipeline.convert.support.caveats import find_caveats
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

FIRST, LAST = pd.Timestamp.min.value + 1, pd.Timestamp.max.value
EDGES = ["1969-12-31 23:59:59.999999999", "1970-01-01", "1900-02-28 12:00", "1900-03-01"]
EDGES += ["2023-12-31", "2024-12-31", "2024-03-31", "1999-01-01", "2024-02-29", "1904-07-01"]
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


def test_a_missing_date_is_neither_the_first_nor_the_last_of_anything() -> None:
    frame = dated([0, 10**18])
    features = [name for name in FEATURES if name.startswith("is_")]
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(features), ["when"])])
    rows = frame.assign(when=[pd.NaT, pd.Timestamp("2000-12-31")])
    graph = converted(convert(pipeline, frame), rows)
    assert graph.tolist() == expected(pipeline, rows).tolist()


def test_rows_without_a_date_at_the_top_of_the_table_cost_no_feature() -> None:
    frame = dated([86_400 * 10**9 * i for i in range(3000)])
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(["day"]), ["when"])])
    rows = frame.assign(when=frame["when"].where(frame.index > 150))
    graph = converted(convert(pipeline, rows), rows)
    np.testing.assert_array_equal(graph[151:], expected(pipeline, frame)[151:])
    assert np.isnan(graph[:151]).all()


def test_a_date_column_of_which_pycaret_makes_no_features_is_refused() -> None:
    frame = dated([86_400 * 10**9 * i for i in range(100)])
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(["day"]), ["when"])])
    rows = frame.assign(when=frame["when"].where(frame.index > 20))
    with pytest.raises(ConversionError, match="more than a tenth"):
        convert(pipeline, rows)


def test_a_missing_date_has_missing_features() -> None:
    frame = dated([0, 10**18])
    pipeline = fitted(frame, [("dates", ExtractDateTimeFeatures(["year"]), ["when"])])
    rows = frame.assign(when=[pd.NaT, pd.Timestamp("2001-01-01")])
    assert np.isnan(converted(convert(pipeline, frame), rows)).tolist() == [True, False]


def test_a_part_of_a_date_that_is_no_number_is_refused_before_training() -> None:
    refused = RunFacts({"create_date_columns": ["year", "date"]})
    (found,) = find_caveats(refused, CaveatKind.refused_option)
    assert found.subject == "create_date_columns"
    known = RunFacts({"create_date_columns": list(FEATURES)})
    assert not list(find_caveats(known, CaveatKind.refused_option))
