"""Reads CSV with any separator as pandas does, after a look at every row."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TextIO

import numpy as np
import pandas as pd

from pipeline.data.file_signatures import decode_start
from pipeline.data.source import (
    BLOCK,
    DAMAGED,
    GZIP,
    damage_error,
    format_positions,
    open_text,
    read_head,
    unreadable_error,
)
from pipeline.errors import DataError
from pipeline.runtime.delimited import count_bare_ends

SEPARATORS = ("\t", ";", "|", ",")
"""In the order of preference where two fit equally well: a comma is the likeliest in text."""
SAMPLE_ROWS = 1000
LONGEST_CELL = 131_072
"""Characters of one cell."""


@dataclass(frozen=True)
class CsvSource:
    """A CSV file with one header and rows of one length.

    Attributes:
        bare: separators behind the last column, with nothing behind them in any row.
    """

    path: Path
    separator: str
    columns: tuple[str, ...]
    rows: int
    bare: int = 0
    is_typed: ClassVar[bool] = False

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Source.notes`."""
        return ("what ends each line, separators with nothing behind, is left out",) * bool(
            self.bare
        )

    def read(self, columns: Collection[str], as_text: Collection[str] = ()) -> pd.DataFrame:
        """See `Source.read`: every cell as its text, but for columns of fractions."""
        # a column whose first rows are no fractions is hardly ever one, and parsing all is slow
        start = self._parsed(set(columns) - set(as_text), {"nrows": SAMPLE_ROWS})
        typed = self._parsed([str(name) for name in start if _are_fractions(start[name])], {})
        plain = [name for name in typed if _are_fractions(typed[name])]
        texts = self._parsed(set(columns) - set(plain), {"dtype": str, "na_filter": False})
        if not plain:
            return texts
        wanted = [name for name in self.columns if name in set(columns)]
        return pd.DataFrame({n: (typed if n in plain else texts)[n] for n in wanted})

    def _parsed(self, columns: Collection[str], options: Mapping[str, Any]) -> pd.DataFrame:
        if not columns:
            return pd.DataFrame()
        try:
            with _open(self.path) as stream:
                frame: pd.DataFrame = pd.read_csv(
                    stream,
                    sep=self.separator,
                    header=0,
                    names=[*self.columns, *(f"\0{n}" for n in range(self.bare))],
                    usecols=list(columns),
                    index_col=False,
                    float_precision="round_trip",  # as Python's float()
                    low_memory=False,  # one dtype for a whole column
                    **options,
                )
        except pd.errors.ParserError as err:
            raise DataError(f"{self.path.name}: cannot be read as CSV ({err})") from err
        if len(frame) != min(self.rows, options.get("nrows", self.rows)):
            raise DataError(
                f"{self.path.name}: got {len(frame)} rows where {self.rows} were counted",
                hint="Its quotes are ambiguous: write a quote inside a quoted field twice",
            )
        return frame

    def place(self, rows: Sequence[int]) -> str:
        """Rows of the frame as lines of the file, which quoted line breaks and blanks shift."""
        wanted = set(rows)
        with _open(self.path) as stream:
            records = enumerate(_records(stream, self.separator), start=-1)
            return format_positions("line", [line for row, (line, _) in records if row in wanted])


def scan_csv(path: Path) -> CsvSource:
    """Look at every row of a CSV file: separator, header, encoding, number of fields.

    Raises:
        DataError: another format, not UTF-8, empty, no rows, or a row of another length.
    """
    separator = _separator(path)
    with _open(path) as stream:
        records = _records(stream, separator)
        _, header = next(records, (1, None))
        if header is None:
            raise DataError(f"{path.name}: the file is empty", hint="Expected a header and rows")
        if rows := _alike(path, separator, len(header)):
            return _named(path, separator, header, rows)
        for rows, (line, record) in enumerate(records, start=1):  # noqa: B007
            if len(record) != len(header):
                raise _ragged_row_error(path, line, len(record), len(header))
    if not rows:
        raise DataError(
            f"{path.name}: got a header and no rows", hint="Expected rows below the header"
        )
    return _named(path, separator, header, rows)


def _named(path: Path, separator: str, header: list[str], rows: int) -> CsvSource:
    """The file without the separators that end its lines, as spreadsheets and databases write."""
    with _open(path) as stream:
        bare = count_bare_ends(header, (record for _, record in _records(stream, separator)))
    return CsvSource(path, separator, tuple(header[: len(header) - bare]), rows, bare)


def _alike(path: Path, separator: str, width: int) -> int:
    """How many rows follow the header, where each is one line of so many fields; 0 if unsure.

    A quarter of the time that the reader of the standard library takes for the same.
    """
    with _open(path) as stream:
        lines = 0
        for lines, line in enumerate(stream):  # noqa: B007
            if line.count(separator) != width - 1 or '"' in line or len(line) > LONGEST_CELL:
                return 0
    return lines if width > 1 else 0


def _records(stream: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they start on; blank lines are skipped, as pandas skips them."""
    # Set here, since it is the whole process's: a quote that is never closed ends up beyond it.
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(stream, delimiter=separator)
    line = 1
    for record in reader:
        if record and not (len(record) == 1 and record[0] and not record[0].strip(" \t")):
            yield line, record
        line = reader.line_num + 1


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    """The file as text; whatever keeps it from being a CSV becomes a DataError."""
    try:
        with open_text(path) as stream:
            yield stream
    except OSError as err:
        raise unreadable_error(path, err) from err
    except UnicodeDecodeError as err:
        raise DataError(
            f"{path.name}, line {_undecodable(path)}: got the byte 0x{err.object[err.start]:02x}, "
            "expected text in UTF-8",
            hint="Save the file as UTF-8; it looks like Windows-1252 or Latin-1",
        ) from err
    except DAMAGED as err:
        raise damage_error(path, err) from err
    except csv.Error as err:
        if "field limit" in str(err):
            raise DataError(
                f"{path.name}: got a cell of more than {LONGEST_CELL:,} characters",
                hint="Shorten it, or look for an opening quote that is never closed",
            ) from err
        raise DataError(
            f"{path.name}: cannot be read as CSV ({err})",
            hint="Look for an opening quote that is never closed",
        ) from err


def _undecodable(path: Path) -> int:
    is_packed = path.read_bytes()[: len(GZIP)] == GZIP
    with (
        gzip.open(path) if is_packed else path.open("rb") as stream,
        suppress(OSError, *DAMAGED),  # an archive may be damaged behind that line
    ):
        for number, line in enumerate(stream, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _separator(path: Path) -> str:
    """The separator that cuts the header in several fields and most rows in as many."""
    start = read_head(path)
    text = decode_start(path, start)
    complete = text if len(start) < BLOCK else text[: text.rfind("\n")]
    return max(SEPARATORS, key=lambda separator: _fit(complete, separator))


def _fit(text: str, separator: str) -> tuple[bool, float, int]:
    """Whether the header has several fields, the share of rows that agree with it, its width."""
    try:
        rows = [
            len(record)
            for _, record in islice(_records(io.StringIO(text, newline=""), separator), SAMPLE_ROWS)
        ]
    except csv.Error:
        return False, 0.0, 0
    width = rows[0] if rows else 0
    return width > 1, rows.count(width) / max(len(rows), 1), width


def _ragged_row_error(path: Path, line: int, got: int, expected: int) -> DataError:
    return DataError(
        f"{path.name}, line {line}: got {got} fields, expected {expected} as in the header",
        hint="Quote values that hold the separator or a line break, and close every quote",
        line=line,
    )


def _are_fractions(values: pd.Series) -> bool:
    """Whether pandas' numbers are beyond doubt: none of their points stands between thousands.

    Whole ones are in doubt, too: they may be codes that begin with zeros.
    """
    if values.dtype != "float64":
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        thousandths = values.to_numpy() * 1000
        return bool((np.abs(thousandths - np.round(thousandths)) > 1e-6).any())
