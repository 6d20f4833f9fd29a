"""Records what a candidate is as a graph: exact or not, how fast, how large."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("Convertible", "Max Error", "Flips", "µs/Row", "Bytes")
"""Columns that candidates tried as graphs have beside PyCaret's own."""


@dataclass(frozen=True)
class Cost:
    """One candidate as a graph.

    Attributes:
        refusal: why it has none; empty where it has one.
        failures: rows outside the bounds.
        flips: rows with another label.
        rows: how many were compared, of the table and hostile ones.
        microseconds_per_row: least time of one row alone on one thread, inputs already built.
    """

    refusal: str = ""
    max_error: float = math.nan
    failures: int = 0
    flips: int = 0
    rows: int = 0
    microseconds_per_row: float = math.nan
    bytes: int = 0

    @property
    def convertible(self) -> bool:
        return not self.refusal

    @property
    def proven(self) -> bool:
        """Whether it has a graph that predicts what PyCaret predicts on the rows compared."""
        return self.convertible and not self.failures

    @property
    def figures(self) -> Mapping[str, float]:
        """The numbers by the names that a table of runs shows; none without a graph."""
        if not self.convertible:
            return {}
        return {
            "max_error": self.max_error,
            "failures": self.failures,
            "flips": self.flips,
            "rows": self.rows,
            "microseconds_per_row": round(self.microseconds_per_row, 1),
            "bytes": self.bytes,
        }

    @property
    def cells(self) -> tuple[Any, ...]:
        """The values of `COLUMNS`."""
        if not self.convertible:
            return ("no", None, None, None, None)
        word = "yes" if self.proven else "not exact"
        return (word, self.max_error, self.flips, self.microseconds_per_row, self.bytes)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of `COLUMNS` for people."""
        word, *numbers = self.cells
        if not self.convertible:
            return (word, *[""] * len(numbers))
        error = f"{self.max_error:.1e}" if self.max_error else "0"
        speed = f"{self.microseconds_per_row:,.1f}"
        return (word, error, f"{self.flips:,}", speed, f"{self.bytes:,}")


def add_costs(board: pd.DataFrame, costs: Mapping[str, Cost]) -> pd.DataFrame:
    """The leaderboard with `COLUMNS`, which stay empty for candidates that were not tried."""
    import pandas as pd

    blank = (None,) * len(COLUMNS)
    cells = [costs[i].cells if i in costs else blank for i in board.index]
    return board.join(pd.DataFrame(cells, index=board.index, columns=list(COLUMNS)))


def format_leaderboard(
    board: pd.DataFrame, costs: Mapping[str, Cost]
) -> tuple[list[str], list[Sequence[object]]]:
    """Head and rows of a leaderboard, ids first; the numbers of `COLUMNS` as text for people."""
    plain = board.drop(columns=list(COLUMNS), errors="ignore").reset_index(names="id")
    rows: list[Sequence[object]] = plain.to_numpy().tolist()
    if not costs:
        return list(plain.columns), rows
    blank = ("",) * len(COLUMNS)
    return [*plain.columns, *COLUMNS], [
        [*row, *(costs[str(row[0])].texts if row[0] in costs else blank)] for row in rows
    ]
