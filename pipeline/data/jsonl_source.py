"""Reads JSON Lines, one object per row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.data.file_signatures import ENCODING
from pipeline.data.records import Records
from pipeline.data.source import DAMAGED, damage_error, open_text, unreadable_error
from pipeline.errors import DataError

_SHOWN = 60
_OBJECT = re.compile(r'\s*(?:\[\s*)?(?:\{\s*\}\s*,?\s*)*\{\s*"(?:[^"\\]|\\.)*"\s*:')


def are_objects(start: bytes) -> bool:
    """Whether a file begins as JSON: with an object, or with the array that a table is not."""
    return _OBJECT.match(start.decode(ENCODING, errors="replace")) is not None


def scan_jsonl(path: Path) -> Records:
    """Read every line of a file; columns are in the order in which rows first name them.

    Raises:
        DataError: not UTF-8, a line that is no object, or a value that is nested.
    """
    columns: dict[str, list[Any]] = {}
    numbers = []
    for row, (line, record) in enumerate(read_objects(path)):
        numbers.append(line)
        for name, value in record.items():
            if isinstance(value, list | dict):
                raise DataError(
                    f"{path.name}, line {line}: column {name!r} holds a nested value "
                    f"({str(value)[:_SHOWN]}), expected text, a number, true, false or null",
                    hint="Write its parts as columns of their own",
                )
            cells = columns.setdefault(name, [])
            cells += [None] * (row - len(cells))
            cells.append(value)
    rows = len(numbers)
    if not rows:
        raise DataError(f"{path.name}: got no rows", hint="Expected one JSON object per line")
    filled = {name: [*cells, *[None] * (rows - len(cells))] for name, cells in columns.items()}
    return Records(path, tuple(filled), tuple(filled.values()), tuple(numbers), "line")


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every object of a file with its line.

    Raises:
        DataError: not UTF-8, or a line that is no object.
    """
    try:
        with open_text(path) as stream:
            for line, text in enumerate(stream, start=1):
                if text.strip():
                    yield line, _record(path, line, text)
    except UnicodeDecodeError as err:
        raise DataError(
            f"{path.name}: got the byte 0x{err.object[err.start]:02x}, expected text in UTF-8",
            hint="Save the file as UTF-8",
        ) from err
    except OSError as err:
        raise unreadable_error(path, err) from err
    except DAMAGED as err:
        raise damage_error(path, err) from err


def _record(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DataError(
            f"{path.name}, line {line}: got {text.strip()[:_SHOWN]!r}, expected one JSON object",
            hint="Write each row as an object on a line of its own (JSON Lines), no array around",
        )
    return found
