"""The real tables are there, varied, and as their packages have them."""

from __future__ import annotations

import pytest

from benchmarks.real import TABLES, load


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_its_target_in_every_row(name: str) -> None:
    frame, target, task = load(name)
    assert len(frame) >= 90
    assert frame[target].notna().all()
    assert frame.columns.is_unique and list(frame.index) == list(range(len(frame)))
    if task == "regression":
        assert frame[target].dtype.kind in "if"
    else:
        assert frame[target].value_counts().min() >= 5


def test_there_are_thirty() -> None:
    assert len(TABLES) == 30
