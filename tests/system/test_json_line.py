"""One line of JSON that every reader takes, whatever is in it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.system.json_line import json_line

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates()
)
VALUES = st.recursive(
    LEAVES | st.floats(width=32).map(np.float32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@given(st.dictionaries(st.text() | st.integers(), VALUES, max_size=4))
def test_whatever_is_in_it_is_one_line_of_strict_json(values: dict[Any, Any]) -> None:
    line = json_line(values)
    assert line.isascii()
    assert "\n" not in line
    assert isinstance(json.loads(line, parse_constant=refused), dict)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.booleans()))
def test_what_json_has_comes_back(values: dict[str, Any]) -> None:
    masked = {key for key in values if key not in json.loads(json_line(values))}
    found = json.loads(json_line(values))
    assert {key: found[key] for key in values if key not in masked} == {
        key: value for key, value in values.items() if key not in masked
    }


@given(st.floats() | st.floats(width=32).map(np.float32))
def test_a_number_that_is_none_is_null(value: Any) -> None:
    (found,) = json.loads(json_line({"x": [value]}))["x"]
    assert found == (float(value) if math.isfinite(value) else None)
