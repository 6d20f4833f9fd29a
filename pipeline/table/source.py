"""Tables: what a file has to offer, whatever its format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

PARQUET = b"PAR1"
BLOCK = 1 << 20
NAMED_ROWS = 5
NUMBER = r"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*"
"""What is written like a number, and is one to scoring too."""


class Origin(Protocol):
    """Where rows come from, for naming them."""

    @property
    def path(self) -> Path: ...

    def place(self, rows: Sequence[int]) -> str:
        """Rows of the frame as a person finds them in the file: "lines 3, 7 and 12"."""


class Source(Origin, Protocol):
    """A file whose outside is checked: it can be read, and every row has as many fields."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names exactly as in the file, duplicates and empty ones included."""

    @property
    def rows(self) -> int: ...

    def read(self, columns: Collection[str], as_text: Collection[str] = ()) -> pd.DataFrame:
        """Some columns in the file's order, of dtypes int64, float64, bool, datetime64[ns] and
        object (str, NaN where missing), with an index from 0.

        Args:
            columns: the names to read.
            as_text: those among them to take as text, as they are written in the file.

        Raises:
            DataError: the values of a column are beyond these dtypes.
        """


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as err:
        raise unreadable(path, err) from err


def head(path: Path, size: int = BLOCK) -> bytes:
    """The first bytes of a file.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as err:
        raise unreadable(path, err) from err


def unreadable(path: Path, err: OSError) -> DataError:
    """Why a file cannot be read at all."""
    return DataError(
        f"{path}: cannot be read ({err.strerror})",
        hint="Give the path of a CSV or Parquet file",
        path=str(path),
    )


def listed(word: str, numbers: Sequence[int]) -> str:
    """Numbers in words: "line 3", "lines 3 and 7", "lines 2, 3, 4, 5, 6 and 12 more"."""
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    shown = [str(number) for number in numbers[:NAMED_ROWS]]
    more = len(numbers) - len(shown)
    last = f"{more} more" if more else shown.pop()
    return f"{word}s {', '.join(shown)} and {last}"


def open_source(path: Path) -> Source:
    """Look at a file from outside: its format, its columns, its number of rows.

    The content decides between CSV and Parquet, not the name.

    Raises:
        DataError: not a table, not UTF-8, empty, or with rows of different lengths.
    """
    # pandas and pyarrow are loaded with the module that needs them
    from pipeline.table import delimited, parquet

    scan: Callable[[Path], Source] = (
        parquet.scan if head(path, len(PARQUET)) == PARQUET else delimited.scan
    )
    return scan(path)
