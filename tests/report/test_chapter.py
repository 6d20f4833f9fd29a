"""A chapter that measures nothing is one all the same."""

from __future__ import annotations

from pathlib import Path

from pipeline.report.chapter import Chapter
from tests import tracked


def test_a_chapter_keeps_nothing_unless_it_measures(tmp_path: Path) -> None:
    assert Chapter(lambda facts, tables: iter(())).measure(tracked.evidence(tmp_path)) == {}
