"""A batch of rows, column by column, from any file format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.manifest.columns import WORDS, Input
from pipeline.runtime.table_columns import python_values

SIZE = 10_000
"""Rows of a batch: large enough that Python's share is small, small enough for any machine."""

MISSING = frozenset({"", *WORDS})
"""What is missing in CSV to models from before columns had rules."""

_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Batch:
    """Some rows of a table, column by column.

    Attributes:
        first: number of rows before this batch.
        columns: per name N cells: a pyarrow array from Parquet; from other files a list, of str
            where cells are text, else of Python's own types, and None where missing.
        lines: of the file, on which each row starts; empty where there are none.
        is_text: whether the file holds nothing but text, as CSV does.
    """

    first: int
    columns: Mapping[str, Any]
    lines: Sequence[int] = ()
    is_text: bool = True

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> list[str]:
        """Names of the columns, without the row numbers that pandas puts into Parquet."""
        return [name for name in self.columns if not _INDEX.fullmatch(name)]

    def values(self, column: Input) -> Any:
        """The cells of one input, as `pipeline.runtime.feeds` takes them."""
        cells = self.columns[column.name]
        if column.cells is not None:  # they say what each cell means
            return cells
        if isinstance(cells, list):
            return ["" if cell in MISSING else cell for cell in cells] if self.is_text else cells
        return (_as_names if column.kind == "text" else python_values)(column.name, cells)


def _as_names(name: str, column: Any) -> list[Any]:
    """Cells of a text column: categories, whole numbers and booleans as Python writes them."""
    import pyarrow as pa

    kinds = pa.types
    if not any(
        is_(column.type) for is_ in (kinds.is_dictionary, kinds.is_integer, kinds.is_boolean)
    ):
        return python_values(name, column)
    return [None if value is None else str(value) for value in python_values(name, column)]
