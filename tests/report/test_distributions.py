"""Distributions: every row of every column counted once, whatever it holds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.rendering import tables
from pipeline.rendering.png import render_plot
from pipeline.report import chapters, distributions
from pipeline.report.distributions import BARS, CATEGORIES, COLUMNS, DRAWN, FILE, count_bars
from pipeline.track.training_result import Converted

NUMBERS = st.lists(
    st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60
)
TEXTS = st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=60)
DATES = st.lists(
    st.none() | st.datetimes(pd.Timestamp(1678, 1, 1), pd.Timestamp(2261, 12, 31)),
    min_size=1,
    max_size=60,
)


def typed(values: list[Any], kind: str) -> pd.Series:
    return pd.Series(values, dtype={"number": "float64", "date": "datetime64[ns]"}.get(kind, kind))


def table(columns: dict[str, tuple[str, pd.Series]]) -> pd.DataFrame:
    rows = [(name, kind, *bar) for name, (kind, v) in columns.items() for bar in count_bars(v)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@given(NUMBERS.map(lambda v: typed(v, "number")))
def test_numbers_are_counted_like_numpy_does(values: pd.Series) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        found = count_bars(values)
    known = values.dropna()
    assert sum(bar[-1] for bar in found) == len(values)
    assert sum(bar[-1] for bar in found if bar[0] == "missing") == values.isna().sum()
    ranges = [bar for bar in found if bar[0] == "range"]
    if ranges:
        edges = [bar[2] for bar in ranges] + [ranges[-1][3]]
        assert len(ranges) == BARS
        assert [bar[-1] for bar in ranges] == np.histogram(known, edges)[0].tolist()
        assert (edges[0], edges[-1]) == (known.min(), known.max())


@given(TEXTS.map(lambda v: typed(v, "object")))
def test_words_are_counted_like_pandas_does(values: pd.Series) -> None:
    found = count_bars(values)
    assert sum(bar[-1] for bar in found) == len(values)
    counts = values.value_counts()
    for of, name, *_, rows in found:
        assert of != "value" or counts[name] == rows
    assert sum(bar[0] == "value" for bar in found) <= CATEGORIES


@given(DATES.map(lambda v: typed(v, "date")))
def test_dates_are_counted_by_month_or_year_with_the_empty_ones(values: pd.Series) -> None:
    found = count_bars(values)
    assert sum(bar[-1] for bar in found) == len(values)
    assert sum(bar[0] == "value" for bar in found) <= distributions.MONTHS
    for of, name, *_, rows in found:
        if of == "value" and " to " not in name:
            assert rows == values.dt.strftime("%Y-%m-%d").str.startswith(name).sum()


def test_a_name_per_row_is_not_spelled_out() -> None:
    assert count_bars(pd.Series([f"person {k}" for k in range(90)])) == [
        ("other", "90 different", None, None, 90)
    ]


def test_a_column_without_values_has_one_bar() -> None:
    assert count_bars(pd.Series([np.nan] * 4)) == [("missing", "missing", None, None, 4)]


def test_the_target_is_first_and_the_whole_table_is_measured(
    insurance: Converted, penguins: Converted
) -> None:
    for evidence in (insurance, penguins):
        found = distributions.measure_distributions(evidence)[FILE]
        target = evidence.dataset.spec.target
        assert found["column"].drop_duplicates().tolist() == [target, *evidence.dataset.features]
        assert (found.groupby("column")["rows"].sum() == len(evidence.dataset.frame)).all()
    counts = penguins.dataset.frame["species"].value_counts()
    shown = found[found["column"] == "species"]
    assert dict(zip(shown["bar"], shown["rows"], strict=True)) == counts.to_dict()


def test_what_is_not_drawn_is_said(penguins: Converted) -> None:
    many = {f"c{k}": ("number", pd.Series(np.arange(30.0))) for k in range(DRAWN + 3)}
    (drawing,) = distributions.draw_distributions({}, {FILE: table(many)})
    assert f"3 more columns in tables/{FILE}." in drawing.caption
    assert list(distributions.draw_distributions({}, {})) == []  # of a run of an earlier version


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NUMBERS, TEXTS, DATES)
def test_any_values_are_drawn_without_a_warning(
    numbers: list[Any], texts: list[Any], dates: list[Any]
) -> None:
    columns = {
        "n": ("number", typed(numbers, "number")),
        "$t_{": ("text", typed(texts, "object")),
        "d": ("date", typed(dates, "date")),
        "missing": ("number", pd.Series([np.nan, np.nan])),
        "constant": ("number", pd.Series([1e308] * 3)),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        (drawing,) = distributions.draw_distributions({}, {FILE: table(columns)})
        render_plot(drawing)


@pytest.mark.parametrize("low", [-1.7e308, -5e-324, 0.0, 1e307])
def test_numbers_of_any_size_survive_the_file_and_have_ticks(low: float, tmp_path: Any) -> None:
    values = pd.Series(np.append(np.linspace(low / 2, 1.7e308 / 2, 30) * 2, np.nan))
    place = tmp_path / "tables"
    place.mkdir()
    tables.write_table(place / FILE, table({"x": ("number", values)}))
    read = chapters.read_tables(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        for drawing in distributions.draw_distributions({}, read):
            render_plot(drawing)


def test_a_table_that_was_damaged_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tables" / "words.parquet"
    file.parent.mkdir()
    tables.write_table(file, pd.DataFrame({"word": ["needle"]}))
    file.write_bytes(file.read_bytes().replace(b"needle", b"nettle", 1))
    with pytest.raises(DataError, match=r"words\.parquet: .*checksum"):
        chapters.read_tables(tmp_path)
