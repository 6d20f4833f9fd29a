"""The drift report: what has changed in each column, and what speaks against training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.retrain_config import Drift
from pipeline.drift.statistics import ColumnChange
from pipeline.errors import DataError
from pipeline.manifest.columns import Kind
from pipeline.rendering.wording import format_count, join_items

NAMED = 5


@dataclass(frozen=True, eq=False)
class ColumnReport:
    """What has become of one column of the champion's training data.

    Attributes:
        missing: share of rows without a value, before and after.
        drifted: whether the index and the test both say so.
        watched: whether they say so of the lower index, from which on a column is one to watch.
    """

    name: str
    kind: Kind
    change: ColumnChange
    missing: tuple[float, float]
    drifted: bool
    watched: bool = False

    @property
    def verdict(self) -> str:
        """In a word; empty where nothing is to be said."""
        return "drifted" if self.drifted else "watch" if self.watched else ""

    @property
    def first_gaps(self) -> bool:
        """Whether it has gaps now, and had none."""
        return self.missing[0] == 0 < self.missing[1]


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
        rows: of the champion's table and of the new one.
        fresh: how many rows of the new one were held against the champion's: those that it has
            not seen, or all of them where nobody knows.
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
    fresh: int = 0

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
        """How many columns drifted or are to be watched, and which; and what is new in them."""
        of, watched = (
            format_count(len(self.columns), "column"),
            [c for c in self.columns if c.watched],
        )
        said = [
            f"{len(found)} of {of} {what}: {_names(found)}"
            for found, what in ((self.drifted, "drifted"), (watched, "to watch"))
            if found
        ]
        return "; ".join([*said, *self.news]) or f"no drift in {of}"

    @property
    def news(self) -> tuple[str, ...]:
        """Words that the champion has never seen, and gaps where it knew none, as clauses."""
        features = [column for column in self.columns if column.name != self.target]
        words = [
            f"{column.name!r} ({join_items([repr(word) for word in column.change.new], 3)})"
            for column in features
            if column.change.new
        ]
        gaps = [column for column in features if column.first_gaps]
        said = [f"words never seen in {join_items(words, NAMED)}"] * bool(words)
        return (*said, *[f"first gaps in {_names(gaps)}"] * bool(gaps))

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
            text = f"{name}: {format_count(len(self.problems), 'problem')}{''.join(lines)}"
            hint = ""
        raise DataError(text, hint=hint, problems=tuple(p.message for p in self.problems))


def _names(columns: Sequence[ColumnReport]) -> str:
    return join_items([repr(column.name) for column in columns], NAMED)
