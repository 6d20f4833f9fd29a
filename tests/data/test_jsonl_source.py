"""JSON Lines: one object for each row, in whatever order its names come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import DataError
from tests.data.tables import ROWS, read_file


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "y": [1]}', "line 1: column 'y' holds a nested value"),
        ('{"a": 1, "y": 2}\n[1]', "line 2: got '[1]', expected one JSON object"),
        ('[{"a": 1, "y": 2}]', "expected one JSON object"),
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"t\.jsonl, line") as caught:
        read_file(tmp_path / "t.jsonl")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ['height 5"', "back\\slash", "tab\t", "ü"])
def test_json_is_known_whatever_its_first_name(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps({name: i % 7, "y": i}) for i in range(ROWS))
    (tmp_path / "t.jsonl").write_text(f"{{}}\n{lines}")
    assert read_file(tmp_path / "t.jsonl", drop_missing_target=True).features == (name,)


def test_json_that_is_too_deep_is_refused_with_its_line(tmp_path: Path) -> None:
    deep = '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    (tmp_path / "t.jsonl").write_text('{"a": 1, "y": 2}\n' + deep)
    with pytest.raises(DataError, match="line 2: got"):
        read_file(tmp_path / "t.jsonl")
