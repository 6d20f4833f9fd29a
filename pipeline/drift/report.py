"""Drift, report: what an examination of new data found, and what speaks against using it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.drift.stability import Change
from pipeline.errors import DataError
from pipeline.manifest import Kind
from pipeline.policy import Drift
from pipeline.report.wording import counted, listed

NAMED = 5


@dataclass(frozen=True, eq=False)
class ColumnReport:
    """What has become of one column of the champion's training data.

    Attributes:
        missing: share of rows without a value, before and after.
        drifted: whether the index and the test both say so.
    """

    name: str
    kind: Kind
    change: Change
    missing: tuple[float, float]
    drifted: bool


@dataclass(frozen=True)
class Problem:
    """A reason not to train on the data.

    Attributes:
        what: the column or the property at fault.
    """

    what: str
    found: str
    expected: str
    hint: str

    @property
    def message(self) -> str:
        return f"{self.what}: got {self.found}, expected {self.expected}"


@dataclass(frozen=True, eq=False)
class DriftReport:
    """New data against the champion's.

    Attributes:
        file: the new table.
        settings: the thresholds.
        rows: of the champion's table and of the new one.
        columns: those that both have and of the same kind, by index from large to small.
        problems: why the data is refused; empty if it is not.
        notes: what a person should know, in sentences.
    """

    file: Path
    target: str
    settings: Drift
    rows: tuple[int, int]
    columns: tuple[ColumnReport, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def drifted(self) -> tuple[ColumnReport, ...]:
        """The columns that drifted, by index from large to small."""
        return tuple(column for column in self.columns if column.drifted)

    @property
    def text(self) -> str:
        """The verdict in one sentence."""
        if self.problems:
            return f"data refused: {'; '.join(problem.message for problem in self.problems)}"
        return self.drift

    @property
    def drift(self) -> str:
        """How many columns drifted, and which."""
        of = counted(len(self.columns), "column")
        if not self.drifted:
            return f"no drift in {of}"
        names = listed([repr(column.name) for column in self.drifted], NAMED)
        return f"{len(self.drifted)} of {of} drifted: {names}"

    def refuse(self) -> None:
        """Stop here if anything speaks against the data.

        Raises:
            DataError: with every problem; `details["problems"]` holds them one by one.
        """
        if not self.problems:
            return
        name = self.file.name
        if len(self.problems) == 1:
            problem = self.problems[0]
            text, hint = f"{name}: {problem.message}", problem.hint
        else:
            lines = [f"\n  {problem.message}. {problem.hint}" for problem in self.problems]
            text = f"{name}: {counted(len(self.problems), 'problem')}{''.join(lines)}"
            hint = ""
        raise DataError(text, hint=hint, problems=tuple(p.message for p in self.problems))
