"""What an error says of a value that does not fit."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import suggest

WORDS = ("normalize", "normalize_method", "Fold", "feature_selection")


@pytest.mark.parametrize(
    ("word", "meant"), [("normalise", "normalize"), ("fold", "Fold"), ("NORMALIZE", "normalize")]
)
def test_the_word_that_was_probably_meant_is_named(word: str, meant: str) -> None:
    assert suggest.suggest(word, WORDS) == f"Did you mean {meant!r}?"


@given(st.sets(st.text(min_size=1), max_size=60))
def test_without_a_near_word_some_known_ones_are_listed(words: set[str]) -> None:
    hint = suggest.suggest("\x00" * 40, words)
    assert hint.startswith("Known: ")
    assert hint.endswith("…") == (len({word.lower() for word in words}) > 30)


@pytest.mark.parametrize(
    ("toml", "kind"),
    [
        ("true", "true or false"),
        ("1", "a whole number"),
        ("1.5", "a number"),
        ("'x'", "text"),
        ("[1]", "a list"),
        ("{a = 1}", "a table"),
        ("2021-03-04", "date"),
    ],
)
def test_a_value_is_said_with_its_kind(toml: str, kind: str) -> None:
    value: Any = tomllib.loads(f"x = {toml}")["x"]
    assert suggest.describe_type(value) == kind
    assert suggest.describe_value(value) == f"{value!r} ({kind})"


def test_a_long_value_is_cut() -> None:
    assert len(suggest.describe_value("x" * 1000)) < 100
