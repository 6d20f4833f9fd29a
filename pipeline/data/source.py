"""Opens files of any format, and says what they contain."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, cast

from pipeline.data.file_signatures import ENCODING
from pipeline.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

PARQUET = b"PAR1"
GZIP = b"\x1f\x8b"
DAMAGED = (EOFError, zlib.error)
"""What Python raises, beside OSError, for a gzip archive that is none, or is not whole."""
BLOCK = 1 << 20
NAMED_ROWS = 5
INDEX_NAME = re.compile(r"(?:Unnamed: 0(?:\.\d+)*)?")
"""How pandas names its row numbers in CSV, and reads them again."""
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

    @property
    def separator(self) -> str:
        """What stands between the fields of a text file; empty for other formats."""

    @property
    def is_typed(self) -> bool:
        """Whether the format tells a missing value from the text "NA"."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of the file as a whole, a sentence each."""

    def read(self, columns: Collection[str], as_text: Collection[str] = ()) -> pd.DataFrame:
        """Some columns in the file's order as the file has them, with an index from 0.

        Columns are int64, float64, bool or datetime64[ns] where the file says so; else object of
        str, and of None, bool, int, float, date and datetime where the file has those.

        Args:
            as_text: those of a text file whose cells are wanted as they are written. Others may be
                float64 already, where every cell is a plain number.

        Raises:
            DataError: the values of a column are beyond these types.
        """


@dataclass(frozen=True)
class Part:
    """A source without some of its columns and rows.

    Attributes:
        kept: which rows of the file the frame still has, in order; None is all.
    """

    whole: Source
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kept: Sequence[int] | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns of the file that are not of the table."""
        inner = self.whole.left_out if isinstance(self.whole, Part) else ()
        return (*inner, *(name for name in self.whole.columns if name not in self.columns))

    @property
    def path(self) -> Path:
        return self.whole.path

    @property
    def rows(self) -> int:
        return self.whole.rows if self.kept is None else len(self.kept)

    @property
    def separator(self) -> str:
        return self.whole.separator

    @property
    def is_typed(self) -> bool:
        return self.whole.is_typed

    def read(self, columns: Collection[str], as_text: Collection[str] = ()) -> pd.DataFrame:
        frame = self.whole.read(columns, as_text)
        return frame if self.kept is None else frame.iloc[list(self.kept)].reset_index(drop=True)

    def place(self, rows: Sequence[int]) -> str:
        return self.whole.place(rows if self.kept is None else [self.kept[row] for row in rows])


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as err:
        raise unreadable_error(path, err) from err


def read_head(path: Path, size: int = BLOCK) -> bytes:
    """The first bytes of a file, those of a gzip archive unpacked.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(size)
        if not start.startswith(GZIP):
            return start
        with gzip.open(path) as stream:
            return stream.read(size)
    except OSError as err:
        raise unreadable_error(path, err) from err
    except DAMAGED as err:
        raise damage_error(path, err) from err


def open_text(path: Path) -> TextIO:
    """A text file in UTF-8, with or without a byte-order mark, packed by gzip or not."""
    with path.open("rb") as stream:
        is_packed = stream.read(len(GZIP)) == GZIP
    if is_packed:
        return cast(TextIO, gzip.open(path, "rt", encoding=ENCODING, newline=""))
    return path.open(encoding=ENCODING, newline="")


def damage_error(path: Path, err: Exception) -> DataError:
    """A gzip archive of which Python raised one of `DAMAGED`."""
    how = "cut off" if isinstance(err, EOFError) else f"damaged ({err})"
    return DataError(f"{path.name}: the gzip archive is {how}", hint="Copy the file again")


def unreadable_error(path: Path, err: OSError) -> DataError:
    """Why a file cannot be read at all."""
    return DataError(
        f"{path}: cannot be read ({err.strerror or err})",
        hint="Give the path of a CSV, Excel, Parquet or JSON Lines file",
        path=str(path),
    )


def format_positions(word: str, numbers: Sequence[int]) -> str:
    """Numbers in words: "line 3", "lines 3 and 7", "lines 2, 3, 4, 5, 6 and 12 more"."""
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    shown = [str(number) for number in numbers[:NAMED_ROWS]]
    more = len(numbers) - len(shown)
    last = f"{more} more" if more else shown.pop()
    return f"{word}s {', '.join(shown)} and {last}"


def open_source(path: Path) -> Source:
    """Look at a file from outside: its format, its columns, its number of rows.

    The content decides on the format, not the name. A column of row numbers without a name, which
    pandas writes in front, is left out.

    Raises:
        DataError: not a table, not UTF-8, empty, or with rows of different lengths.
    """
    # pandas, pyarrow and openpyxl are loaded with the modules that need them
    start = read_head(path)
    if start.startswith(PARQUET):
        from pipeline.data import parquet_source

        return _without_index(parquet_source.scan_parquet(path))
    from pipeline.data import csv_source, excel_source, jsonl_source

    scan: Callable[[Path], Source] = csv_source.scan_csv
    if excel_source.is_workbook(path, start):
        scan = excel_source.scan_workbook
    elif jsonl_source.are_objects(start):
        scan = jsonl_source.scan_jsonl
    return _without_index(scan(path))


def _without_index(source: Source) -> Source:
    """The table without the row numbers that pandas writes before the first column.

    A table that was written and read several times has several such columns.
    """
    left_out: list[str] = []
    for name in source.columns[:-1]:
        if not INDEX_NAME.fullmatch(name) or source.columns.count(name) > 1:
            break
        values = [str(value) for value in source.read([name])[name]]
        if values not in ([*map(str, range(n, n + len(values)))] for n in (0, 1)):
            break
        left_out.append(name)
    if not left_out:
        return source
    note = "the first column, row numbers without a name, is left out"
    if len(left_out) > 1:
        note = f"the first {len(left_out)} columns, row numbers without a name, are left out"
    return Part(source, source.columns[len(left_out) :], (*source.notes, note))
