"""Columns have names that a language takes, each its own."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bundle.identifiers import name_fields, to_camel


def test_names_are_words() -> None:
    columns = ["body mass [kg]", "Größe", "2nd", "int", "INT", "  ", "a_1", "a1", "", "日本"]
    assert name_fields(columns, {"int"}) == [
        *("body_mass_kg", "groe", "column_2nd", "column_int", "column_int_2", "column"),
        *("a_1", "a1_2", "column_2", "column_3"),
    ]
    assert to_camel("body_mass_kg") == "BodyMassKg"


@settings(max_examples=50)
@given(st.lists(st.text(max_size=6) | st.sampled_from(["a 1", "a1", "A_1", "a1_2", "a_12"])))
def test_no_two_columns_share_a_name(columns: list[str]) -> None:
    fields = name_fields(columns)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", field) for field in fields)
    assert len({to_camel(field) for field in fields}) == len(columns)
