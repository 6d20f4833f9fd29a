"""A chapter is its own file and its row: nothing else knows of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.report import chapters
from pipeline.report.chapter import Chapter
from pipeline.report.page import build_report
from pipeline.report.result_tables import TextTable
from pipeline.tasks import TASKS
from pipeline.track.training_result import Converted, TrainingResult
from pipeline.train import artifacts
from tests import pictures, tracked
from tests.report.page import Page

FILE = "extremes.json"


def measure_extremes(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """The largest value of each number."""
    largest = evidence.dataset.frame.max(numeric_only=True)
    rows = [(str(name), float(value)) for name, value in largest.items()]
    return {FILE: pd.DataFrame(rows, columns=["column", "largest"])}


def draw_extremes(_: ReportContext, tables: Tables) -> Iterator[Drawing]:
    caption = f"The largest of {len(tables[FILE])} columns."
    yield Drawing("extremes", "extremes", caption, lambda axes, scheme: None)


def describe_extremes(_: ReportContext, tables: Tables) -> TextTable:
    rows = tuple((name, f"{value:g}") for name, value in tables[FILE].to_numpy())
    return TextTable(("column", "largest"), rows, ("",) * len(rows))


EXTREMES = Chapter(
    "extremes",
    draw_extremes,
    title="Extremes & more",
    text="What lies farthest out.",
    measure=measure_extremes,
    keeps={FILE: {"column": "word", "largest": "number"}},
    describe=describe_extremes,
    predicts="numbers",
)


def test_a_chapter_keeps_nothing_unless_it_measures(tmp_path: Path) -> None:
    plain = Chapter("plain", lambda facts, tables: iter(()))
    assert plain.measure(tracked.evidence(tmp_path)) == {}


def build_page(
    evidence: Converted, folder: Path, chapter: Chapter, monkeypatch: pytest.MonkeyPatch
) -> Page:
    monkeypatch.setattr(chapters, "CHAPTERS", (*chapters.CHAPTERS, chapter))
    with pictures.blank():
        artifacts.write_artifacts(replace(evidence, folder=folder))
    return Page((folder / "reports" / "report.html").read_text("utf-8"))


def test_a_chapter_of_ones_own_has_heading_link_text_picture_and_table(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = build_page(insurance, tmp_path / "run", EXTREMES, monkeypatch)
    assert '<a href="#extremes">Extremes &amp; more</a>' in page.text
    assert page.text.count('<h2 id="extremes">Extremes &amp; more</h2>') == 1
    assert '<p class="quiet">What lies farthest out.</p>' in page.text
    assert f"<td>charges</td><td>{insurance.dataset.frame['charges'].max():g}</td>" in page.text
    assert (tmp_path / "run" / "plots" / "extremes.png").is_file()
    assert EXTREMES not in chapters.list_chapters(TASKS["classification"])


def test_its_kept_table_is_held_to_what_it_says_of_it(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_page(insurance, tmp_path / "run", EXTREMES, monkeypatch)
    file = tmp_path / "run" / "tables" / FILE
    kept = json.loads(file.read_text("utf-8"))
    kept["data"][0][1] = "large"
    file.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(DataError, match=f"{FILE}.*largest: got 'large'"):
        build_report(tmp_path / "run")


@pytest.mark.parametrize("under", ["metrics", "data", "importance"])
def test_a_chapter_may_end_a_section_of_the_page(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, under: str
) -> None:
    page = build_page(insurance, tmp_path / "run", replace(EXTREMES, under=under), monkeypatch).text
    assert "#extremes" not in page
    before = page[: page.index("<h3>Extremes &amp; more</h3>")]
    assert before.rindex("<h2 ") == before.index(f'<h2 id="{under}">')


def test_a_chapter_without_anything_to_show_is_left_out(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = replace(EXTREMES, drawings=lambda facts, tables: iter(()), describe=None)
    page = build_page(insurance, tmp_path / "run", silent, monkeypatch)
    assert "extremes" not in page.text.lower()
