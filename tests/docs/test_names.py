"""Functions are named by verbs, and a name is that of one function."""

from __future__ import annotations

import pytest

from docs.architecture.names import is_participle, measure_names


def test_few_functions_are_named_by_participles_and_no_two_by_the_same_word() -> None:
    names = measure_names()
    assert names.participles < 0.05
    assert names.repeated == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("converted", True),
        ("reading_ours", True),
        ("told", True),
        ("_shown", True),
        ("convert", False),
        ("read_table", False),
        ("feed", False),
        ("string_of", False),
    ],
)
def test_participles_are_distinguished_from_verbs_and_nouns(name: str, expected: bool) -> None:
    assert is_participle(name) is expected
