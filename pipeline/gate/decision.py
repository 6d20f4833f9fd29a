"""The gate's decision: its checks, what they found, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.errors import GateError
from pipeline.rendering.tables import write_table
from pipeline.rendering.wording import escape_markdown, format_markdown_table, format_number

FILE = Path("tables", "gate.json")
"""Where the table of checks lies in an artifact folder."""

COLUMNS = ("check", "found", "limit", "passed", "text")

Value = float | str | None


@dataclass(frozen=True)
class GateCheck:
    """One demand on the challenger.

    Attributes:
        name: of the check, the same every week.
        found: what was measured; None where nothing could be.
        limit: what it is held against; None where there is no limit.
        text: the same as a clause for people; the reason where it did not pass.
    """

    name: str
    found: Value
    limit: Value
    passed: bool
    text: str


@dataclass(frozen=True)
class Decision:
    """The verdict on a challenger.

    Attributes:
        reasons: what the checks say that did not pass; of the contest or the metric if they did.
        figures: what was measured, by names for a table of runs; finite numbers only.
    """

    passed: bool
    checks: tuple[GateCheck, ...]
    reasons: str
    figures: Mapping[str, float]

    @property
    def text(self) -> str:
        """The verdict in one sentence."""
        return f"{'passed' if self.passed else 'refused'}: {self.reasons}"

    @classmethod
    def of(cls, checks: tuple[GateCheck, ...], figures: Mapping[str, float]) -> Decision:
        """The verdict that follows from the checks."""
        failed = [check.text for check in checks if not check.passed]
        texts = {check.name: check.text for check in checks}
        text = failed or [texts.get("champion") or texts["minimum"]]
        finite = {name: value for name, value in figures.items() if math.isfinite(value)}
        return cls(not failed, checks, "; ".join(text), finite)

    def add(self, check: GateCheck) -> Decision:
        """The verdict with one check more."""
        return Decision.of((*self.checks, check), self.figures)

    def refuse(self) -> None:
        """Stop a challenger that did not pass.

        Raises:
            GateError: with every failed check in one line.
        """
        if self.passed:
            return
        names = tuple(check.name for check in self.checks if not check.passed)
        raise GateError(
            f"the challenger is {self.text}",
            hint="The champion stays. Look at tables/gate.json of the run; [gate] holds the "
            "limits, and a person may promote the version all the same",
            failed=names,
        )

    def table(self) -> pd.DataFrame:
        """One row per check, with `COLUMNS`."""
        rows = [(c.name, c.found, c.limit, c.passed, c.text) for c in self.checks]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"found": object, "limit": object})

    def write(self, folder: Path) -> Path:
        """Write the table into an artifact folder; returns the file."""
        file = folder / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        write_table(file, self.table())
        return file

    def note(self) -> str:
        """The verdict in Markdown, as part of a run's or a version's description."""
        word = "Gate: passed" if self.passed else "Gate: refused"
        rows = [
            (c.name, _cell(c.found), _cell(c.limit), "yes" if c.passed else "no", c.text)
            for c in self.checks
        ]
        failed = [check.text for check in self.checks if not check.passed]
        reasons = f" {escape_markdown('; '.join(failed))}." if failed else ""
        return f"**{word}.**{reasons}\n\n{format_markdown_table(COLUMNS, rows)}"


def _cell(value: Value) -> str:
    return "" if value is None else format_number(value)
