"""Columns written in many ways, and hostile cells, with what Python's feeds make of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hypothesis import strategies as st

from pipeline.export.feed_contract import describe_feed, find_feed
from pipeline.manifest.columns import Cells, Input, Known

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
_PIECES = (
    *"0123456789+-.,eE %$'/:()[]*?xTtZzÜ\t\n\r\v\x00\x1c\x85\xa0\u202f\u2009\ufeff\u3000🙂",
    *("00", "000", "10", "2021", "1969", "12", "\u20ac", "CHF", "am ", "PM", "pm", "UTC", "+02:00"),
    *("true", "FALSE", ".0", "1.234,5", "2021-03-04", "03/04/2021", "04.03.2021", "10:11", "12.00"),
)
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join)
CELLS = st.one_of(
    _TEXTS,
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.floats(allow_nan=False, allow_infinity=False),  # JSON has neither
    st.integers(-(2**60), 2**60),
    st.integers(-1074, -1).map(lambda power: 2.0**power),  # digits of the least kind of room
    st.integers(-1074, -1).map(lambda power: -(2.0**power)),
    st.booleans(),
    st.none(),
    st.dates().map(str),
    st.datetimes().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


def render_cases(cells: Sequence[Any]) -> str:
    """`feed_cases.json` of these cells in each of the columns."""
    grammars = describe_feed(COLUMNS)["grammars"]
    entries = [
        {
            "input": asdict(column),
            "grammars": grammars[column.name],
            "cases": [[cell, find_feed(column, cell)] for cell in cells],
        }
        for column in COLUMNS
    ]
    return json.dumps({"version": 1, "columns": entries})
