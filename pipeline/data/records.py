"""Rows that are in memory already, as Python values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline.data.source import format_positions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Records:
    """A table of a workbook or of JSON Lines.

    Attributes:
        cells: the N cells of each column: None, str, bool, int, float, date or datetime.
        numbers: where each row is in the file; `unit`: what they count.
        is_typed: see `Source`.
    """

    path: Path
    columns: tuple[str, ...]
    cells: tuple[Sequence[Any], ...]
    numbers: tuple[int, ...]
    unit: str
    is_typed: bool = True
    notes: tuple[str, ...] = ()
    separator: ClassVar[str] = ""

    @property
    def rows(self) -> int:
        return len(self.numbers)

    def read(self, columns: Collection[str], _as_text: Collection[str] = ()) -> pd.DataFrame:
        """See `Source.read`."""
        import pandas as pd  # scoring reads rows as they are

        wanted = set(columns)
        return pd.DataFrame(
            {
                name: pd.Series(cells, dtype=object)
                for name, cells in zip(self.columns, self.cells, strict=True)
                if name in wanted
            }
        )

    def place(self, rows: Sequence[int]) -> str:
        """Rows of the frame as the file counts them."""
        return format_positions(self.unit, [self.numbers[row] for row in rows])
