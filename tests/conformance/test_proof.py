"""The line that verify prints: read as it was agreed, or refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.conformance.proof import Proof, find_differences, read_proof
from tests.conformance.stand_ins import CASES, GOOD, found, source

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_the_last_line_counts() -> None:
    proof = read_proof(f"noise\n{found()}\n\n")
    assert (proof.runtime, proof.rows.count, proof.cells.count) == ("stand-in 1.0", 6, CASES)
    assert proof.speed.row_us == 50.0


@pytest.mark.parametrize("error", [None, math.inf, math.nan])
def test_an_error_that_is_no_number_is_infinite(error: float | None) -> None:
    assert read_proof(found(rows={"error": error})).rows.error == math.inf


def test_a_speed_that_was_not_measured_is_none() -> None:
    line = {name: GOOD[name] for name in ("runtime", "cells", "rows")}
    assert read_proof(json.dumps(line)).speed.open_ms is None


@given(JSON.map(json.dumps) | st.text())
def test_any_other_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_proof(line)


@given(st.sampled_from(["cells", "rows"]), st.data())
def test_a_part_of_another_type_is_refused_or_kept_as_it_is(part: str, data: Any) -> None:
    key = data.draw(st.sampled_from(list(GOOD[part])))
    value = data.draw(JSON)
    try:
        proof = read_proof(found(**{part: {key: value}}))
    except ValueError:
        return
    assert isinstance(proof, Proof)
    kept = getattr(getattr(proof, part), key)
    if key in ("count", "flips"):
        assert type(value) is int
        assert kept == value >= 0
    elif key == "wrong":
        assert repr(list(kept)) == repr(value)
    else:
        assert kept in (value, math.inf)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": {"count": 5}}, "5 of 6"),
        ({"rows": {"flips": 2}}, "2 flips"),
        ({"rows": {"warnings": 4}}, "4 rows with another warning"),
        ({"rows": {"error": 2e-9}}, "PyCaret"),
        ({"rows": {"graph_error": 2e-12}}, "the graph"),
        ({"rows": {"error": None}}, "inf"),
        ({"cells": {"count": CASES - 1}}, f"{CASES - 1} of {CASES} feed cases"),
        ({"cells": {"wrong": [["a", 1, 2], ["a", {"x": 1}, None]]}}, f"2 of {CASES}"),
    ],
)
def test_each_difference_is_named(tmp_path: Path, changes: Any, said: str) -> None:
    (text,) = find_differences(read_proof(found(**changes)), source(tmp_path))
    assert said in text


def test_a_proof_within_its_bounds_has_no_difference(tmp_path: Path) -> None:
    assert not list(find_differences(read_proof(found()), source(tmp_path)))
