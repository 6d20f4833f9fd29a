"""A chapter of the report: what it measures of a run, and what it draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.tasks import Values
from pipeline.track.training_result import TrainingResult

Holds = Literal["word", "count", "number", "flag"]
"""What a column of a kept JSON table holds; a number may be missing."""


def _measure_nothing(_: TrainingResult) -> Mapping[str, pd.DataFrame]:
    return {}


@dataclass(frozen=True)
class Chapter:
    """A part of the report: what it keeps of a run, and what the page shows of what was kept.

    Attributes:
        section: of its pictures; also the anchor of a heading of its own.
        drawings: pictures of kept tables; nothing but files of the folder is at hand then.
        title: its heading; without one the pictures stand among the others of `under`.
        text: a sentence or two below the heading.
        under: the section of the page that it ends; empty for one of its own.
        link: a section's name in the list at the top of the page, where the title is too long.
        measure: tables by file name, taken while the trained model is at hand. *.json is a table
            that MLflow shows, *.parquet one too large for that.
        keeps: every file that `measure` may name, with what the columns of a JSON table hold;
            nothing is drawn of one that was changed to hold anything else.
        check: raises a ValueError for such a table whose values do not go together.
        describe: what the page says beside the pictures, of kept tables: a `TextTable`, or what
            `template` takes under the name of the section; None leaves the chapter out unless it
            has pictures.
        template: the chapter in HTML, a file in `templates/`.
        predicts: what a task's models must answer for the task to have it; None: any task has it.
    """

    section: str
    drawings: Callable[[ReportContext, Tables], Iterator[Drawing]]
    title: str = ""
    text: str = ""
    under: Literal["", "metrics", "importance", "data"] = ""
    link: str = ""
    measure: Callable[[TrainingResult], Mapping[str, pd.DataFrame]] = _measure_nothing
    keeps: Mapping[str, Mapping[str, Holds]] = field(default_factory=dict)
    check: Callable[[pd.DataFrame], None] | None = None
    describe: Callable[[ReportContext, Tables], Any] | None = None
    template: str = "chapter.html"
    predicts: Values | None = None
