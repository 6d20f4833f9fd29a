"""JSON as the frozen dataclasses that it was written from, or where it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.system import typed_json


@dataclass(frozen=True)
class Inner:
    name: str
    share: float = 0.5


@dataclass(frozen=True)
class Outer:
    count: int
    kind: Literal["a", "b"]
    inner: Inner
    many: tuple[Inner, ...] = ()
    limits: Mapping[str, int | str] = field(default_factory=dict)
    maybe: tuple[str, ...] | None = None
    anything: Any = None


TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
INNERS = st.builds(Inner, TEXTS, st.floats(allow_nan=False, allow_infinity=False))
OUTERS = st.builds(
    Outer,
    st.integers(),
    st.sampled_from(["a", "b"]),
    INNERS,
    st.lists(INNERS, max_size=3).map(tuple),
    st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=3),
    st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    st.none() | st.lists(st.integers(), max_size=2),
)
GOOD = {"count": 1, "kind": "a", "inner": {"name": "x"}}


@given(OUTERS)
def test_what_was_written_comes_back(value: Outer) -> None:
    assert typed_json.read_dataclass(Outer, json.dumps(asdict(value))) == value


def test_what_the_class_has_no_field_for_is_ignored_and_defaults_are_taken() -> None:
    assert typed_json.read_dataclass(Outer, json.dumps({**GOOD, "new": 1})) == Outer(
        1, "a", Inner("x")
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"count": True}, "count"),
        ({"count": "1"}, "count"),
        ({"kind": "c"}, "kind"),
        ({"inner": []}, "inner"),
        ({"inner": {"name": 1}}, "inner.name"),
        ({"many": [{"name": "x"}, {"name": "x", "share": "1"}]}, r"many\[1\].share"),
        ({"limits": {"x": None}}, "limits.x"),
        ({"maybe": [1]}, r"maybe\[0\]"),
    ],
)
def test_the_place_that_does_not_fit_is_named(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=f"^{place}: got"):
        typed_json.read_dataclass(Outer, json.dumps({**GOOD, **change}))


@pytest.mark.parametrize("missing", GOOD)
def test_a_field_that_must_be_there_is_named(missing: str) -> None:
    with pytest.raises(ValueError, match=repr(missing)):
        typed_json.read_dataclass(
            Outer, json.dumps({k: v for k, v in GOOD.items() if k != missing})
        )


@pytest.mark.parametrize(
    "text", ["", "{", "7", "[]", "null", "[" * 100_000, '{"count": "\\ud800"}', b"\xff"]
)
def test_what_is_no_such_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        typed_json.read_dataclass(Outer, text)
