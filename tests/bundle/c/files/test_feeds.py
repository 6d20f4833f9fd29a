"""Cells are in C what they are here, however their columns are written."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.export.feed_contract import describe_feed, render_feed_cases
from pipeline.manifest import Cells, Input, Known
from pipeline.runtime.feeds import CellError, make_feed
from tests.bundle import proven
from tests.bundle.c.bundles import build, seal, shell

COLUMNS = (
    Input("plain", "number", Cells()),
    Input("comma", "number", Cells(decimal=",", thousands=(".", " ", "\u202f"))),
    Input("swiss", "number", Cells(thousands=("'", "\u2019"), signs=("CHF", "%", "\u20ac", "$-"))),
    Input("word", "text", Cells(true="Yes", false="no"), Known(("12", "-3", "x.0"))),
    Input("code", "text", Cells(whole=False, missing=("?", "\\N")), Known(("12", "3.0"))),
    Input("flag", "boolean", Cells(missing=("-",))),
    Input("iso", "date", Cells()),
    Input("german", "date", Cells(dates="%d.%m.%Y")),
    Input("american", "date", Cells(dates="%m/%d/%Y")),
    Input("odd", "date", Cells(dates="am %d (%m) [%Y]*+?")),
)
PIECES = (
    *"0123456789+-.,eE %$'/:()[]*?xTtZzÜ\t\n\r\v\x00\x1c\x85\xa0\u202f\u2009\ufeff\u3000🙂",
    *("00", "000", "10", "2021", "1969", "12", "\u20ac", "CHF", "am ", "PM", "pm", "UTC", "+02:00"),
    *("true", "FALSE", ".0", "1.234,5", "2021-03-04", "03/04/2021", "04.03.2021", "10:11", "12.00"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
CELLS = st.one_of(
    TEXTS,
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.floats(allow_infinity=False),
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.none(),
    st.dates().map(str),
    st.datetimes().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("c") / "bundle", source)


def find_wrong(built: Path, source: BundleSource, cases: str) -> list[Any]:
    """Cases that C builds otherwise."""
    flat = render_flat_files(replace(source, cases=cases))
    (built / "feed_cases.tsv").write_text(flat["feed_cases.tsv"], encoding="utf-8")
    seal(built)
    done = shell(built, "./verify || [ $? = 5 ]")
    return list(json.loads(done)["cells"]["wrong"])


def test_every_way_of_writing(built: Path, source: BundleSource) -> None:
    assert find_wrong(built, source, render_feed_cases(COLUMNS)) == []


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CELLS, min_size=50, max_size=200))
def test_any_cell(built: Path, source: BundleSource, cells: list[Any]) -> None:
    grammars = describe_feed(COLUMNS)["grammars"]
    entries = [
        {
            "input": asdict(column),
            "grammars": grammars[column.name],
            "cases": [[cell, answer(column, cell)] for cell in cells],
        }
        for column in COLUMNS
    ]
    assert find_wrong(built, source, json.dumps({"version": 1, "columns": entries})) == []


def answer(column: Input, cell: Any) -> Any:
    try:
        value = make_feed(column, [cell])[0, 0]
    except CellError as err:
        return {"refused": err.expected}
    if column.kind == "date":
        return str(value)
    return value.item() if hasattr(value, "item") else value
