"""The feed contract, read by a builder that knows nothing else of this package."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.export.feed_contract import describe_feed, render_feed_cases
from pipeline.manifest import Manifest
from pipeline.manifest.columns import WORDS, Cells, Input, Known
from pipeline.runtime.grammar import parse_day, parse_number
from tests import small_models

EUROPEAN = Cells(decimal=",", thousands=(".", " "), signs=("€", "EUR", "%"))
CODES = Cells(missing=WORDS[:2], true="True", false="false", whole=False)
DAYS = ("%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d")
INPUTS = (
    Input("age", "number", Cells(), Known(None, 1.0, 2.0)),
    Input("price", "number", EUROPEAN),
    Input("word", "text", Cells(), Known(("12", "NaN", "yes", "ß"))),
    Input("zip", "text", CODES, Known(("0123", "true"))),
    *(Input(day, "date", Cells(dates=day)) for day in DAYS),
)
REFUSED = "refused"


def build(contract: dict[str, Any], column: dict[str, Any], cell: Any) -> Any:
    """A cell's value in the tensor by the contract alone, as another language would write it."""
    kind, cells = column["kind"], column["cells"]
    if cell is None or cell == "" or cell in cells["missing"]:
        return {
            "number": None,
            "text": "",
            "boolean": REFUSED,
            "date": contract["date"]["missing"],
        }[kind]
    return {"number": _number, "text": _text, "boolean": _boolean, "date": _date}[kind](
        contract, column, cell
    )


def _number(contract: dict[str, Any], column: dict[str, Any], cell: Any) -> Any:
    value = cell
    if isinstance(cell, str):
        (grammar,) = contract["grammars"][column["name"]]
        found = re.fullmatch(grammar["pattern"], cell.strip(grammar["trimmed"]))
        if not found:
            return REFUSED
        if grammar["groups"]:
            parts = dict(zip(grammar["groups"], found.groups(), strict=True))
            if parts["before"] and parts["behind"]:
                return REFUSED
            for mark in column["cells"]["thousands"]:
                parts["digits"] = parts["digits"].replace(mark, "")
            sign = "-" if "-" in (parts["before"], parts["behind"]) else ""
            cell = sign + parts["digits"].replace(column["cells"]["decimal"], ".")
        value = float(cell)
    return float(value) if abs(value) <= float(contract["number"]["limit"]) else REFUSED


def _text(_contract: dict[str, Any], column: dict[str, Any], cell: Any) -> Any:
    cells, known = column["cells"], (column["known"] or {}).get("categories") or ()
    if isinstance(cell, bool) or (isinstance(cell, str) and cell.lower() in ("true", "false")):
        spelled = cells[str(cell).lower()]
        return spelled or (REFUSED if isinstance(cell, bool) else cell)
    if isinstance(cell, str):
        whole = re.fullmatch(r"(-?[0-9]+)\.0+", cell) if cells["whole"] else None
        if whole and whole[1] in known and cell not in known:
            return whole[1]
        return REFUSED if "\0" in cell else cell
    if cell != int(cell):
        return repr(cell)
    return str(int(cell)) if cells["whole"] else REFUSED


def _boolean(contract: dict[str, Any], _column: dict[str, Any], cell: Any) -> Any:
    rules = contract["boolean"]
    if isinstance(cell, str):
        word = cell.strip(rules["trimmed"]).lower()
        return {**dict.fromkeys(rules["true"], True), **dict.fromkeys(rules["false"], False)}.get(
            word, REFUSED
        )
    return bool(cell) if cell in (0, 1) else REFUSED


def _date(contract: dict[str, Any], column: dict[str, Any], cell: Any) -> Any:
    if not isinstance(cell, str):
        return REFUSED
    for grammar in contract["grammars"][column["name"]]:
        if found := re.fullmatch(grammar["pattern"], cell.strip(grammar["trimmed"])):
            return _moment(
                contract["date"], dict(zip(grammar["groups"], found.groups(), strict=True))
            )
    return REFUSED


def _moment(rules: dict[str, Any], parts: dict[str, str | None]) -> str:
    year, month, day, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            return str(rules["missing"])
        hour = hour % 12 + (12 if half in "Pp" else 0)
    first, last = rules["years"]
    try:
        days = (date(year, month, day) - date(1970, 1, 1)).days
    except ValueError:
        return str(rules["missing"])
    if not first <= year <= last or hour > 23 or minute > 59 or second > 59:
        return str(rules["missing"])
    ahead = 0
    if (zone := parts.get("zone") or "")[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "").ljust(4, "0")
        ahead = (int(digits[:2]) * 60 + int(digits[2:])) * (-60 if zone[0] == "-" else 60)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - ahead
    return str(seconds * 10**9 + int((parts["fraction"] or "").ljust(9, "0")))


def test_whoever_knows_the_contract_alone_gets_every_case_right() -> None:
    cases = json.loads(render_feed_cases(INPUTS))
    wrong, refused, total = [], 0, 0
    for entry in cases["columns"]:
        column = entry["input"]
        contract = json.loads(json.dumps(describe_feed([_input(column)])))
        assert contract["grammars"] == {column["name"]: entry["grammars"]}
        for cell, value in entry["cases"]:
            got = build(contract, column, cell)
            expected = REFUSED if isinstance(value, dict) else value
            refused, total = refused + (expected == REFUSED), total + 1
            if repr(got) != repr(expected):
                wrong.append((column["name"], cell, got, value))
    assert not wrong
    assert {entry["input"]["kind"] for entry in cases["columns"]} == {
        *("number", "text", "boolean", "date")
    }
    assert min(refused, total - refused) > 100


def _input(column: dict[str, Any]) -> Input:
    cells = {k: tuple(v) if isinstance(v, list) else v for k, v in column["cells"].items()}
    return Input(column["name"], column["kind"], Cells(**cells))


@given(
    st.text(alphabet="0123456789.,- +€%e\t\u00a0", max_size=12),
    st.sampled_from([Cells(), EUROPEAN]),
)
def test_a_pattern_is_every_number_that_is_read_and_nothing_else(text: str, cells: Cells) -> None:
    column = Input("n", "number", cells)
    contract = describe_feed([column])
    got = build(
        contract,
        {
            "name": "n",
            "kind": "number",
            "cells": {"missing": (), "thousands": cells.thousands, "decimal": cells.decimal},
        },
        text,
    )
    expected = parse_number(text, cells) if text else None
    if text and expected is None:
        assert got == REFUSED
    elif got != REFUSED:  # beyond the limit
        assert got == expected


@given(st.text(alphabet="0123456789-/.:T Zpm+", max_size=22), st.sampled_from(["", *DAYS]))
def test_a_pattern_is_every_date_that_is_read_and_nothing_else(text: str, day: str) -> None:
    cells = Cells(dates=day)
    contract = describe_feed([Input("d", "date", cells)])
    entry = {"name": "d", "kind": "date", "cells": {"missing": ()}}
    expected = parse_day(text, cells)
    got = build(contract, entry, text) if text else str(parse_day("", cells) or REFUSED)
    if text:
        assert got == (REFUSED if expected is None else str(expected))


@pytest.mark.parametrize("form", ["(?P", "(?=", "(?!", "(?<", "\\d", "\\1", "\\s"])
def test_patterns_use_what_every_engine_has(form: str) -> None:
    grammars = describe_feed(INPUTS)["grammars"].values()
    assert all(form not in grammar["pattern"] for each in grammars for grammar in each)


def test_a_known_category_followed_by_nul_is_refused() -> None:
    cases = json.loads(render_feed_cases(INPUTS))["columns"]
    (texts,) = (c["cases"] for c in cases if c["input"]["name"] == "word")
    assert next(value for cell, value in texts if cell == "yes\0x")["refused"]


def test_the_manifest_carries_the_contract() -> None:
    from dataclasses import replace

    from pipeline.runtime.scorer import Scorer

    manifest = Scorer(small_models.regression()).manifest
    whole = replace(manifest, feed=describe_feed(manifest.inputs))
    assert Manifest.from_json(whole.to_json()) == whole
