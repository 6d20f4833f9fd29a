"""Limits the size of a request, and gives freed memory back."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, DataError

MAX_ROWS, MAX_BYTES = "PIPELINE_SERVE_MAX_ROWS", "PIPELINE_SERVE_MAX_BYTES"
MAX_COLUMNS = "PIPELINE_SERVE_MAX_COLUMNS"
"""Variables that hold the limits."""
LARGE = 2**20
"""Bytes of a body after which memory is given back."""
OTHER_LISTS = 1000
"""Lists and objects of a request that are neither rows nor cells, and some more."""


Body = str | bytes


class TooMuchError(DataError):
    """A request is larger than a served model answers; HTTP status 413."""


@dataclass(frozen=True)
class Limits:
    """The largest request: rows and columns of its table, bytes of its body."""

    rows: int = 100_000
    bytes: int = 16 * 2**20
    columns: int = 10_000

    @classmethod
    def from_environment(cls) -> Limits:
        """The limits that are set; where none is, the defaults.

        Raises:
            ConfigError: one is no whole number above zero.
        """
        return cls(
            _number(MAX_ROWS, cls.rows),
            _number(MAX_BYTES, cls.bytes),
            _number(MAX_COLUMNS, cls.columns),
        )

    def require_rows(self, count: int, *, more: bool = False) -> None:
        """Refuse a table of so many rows; `more` says that it has more than that.

        Raises:
            TooMuchError: they are too many.
        """
        if count > self.rows or more:
            raise TooMuchError(
                f"the request has {'more than ' * more}{count} rows, this server takes {self.rows}",
                hint=f"Send the rows in several requests, or start the server with a larger "
                f"{MAX_ROWS}",
            )

    def require_columns(self, count: int) -> None:
        """Refuse a table of so many columns, those included that the model does not take.

        Raises:
            TooMuchError: they are too many.
        """
        if count > self.columns:
            raise TooMuchError(
                f"the request has {count} columns, this server takes {self.columns}",
                hint=f"Send the model's columns alone, or start the server with a larger "
                f"{MAX_COLUMNS}",
            )

    def require_lists(self, body: Body, columns: int) -> None:
        """Refuse JSON with more lists and objects than rows and cells can be, before it is decoded.

        A decoder needs seconds for 16 MiB of nothing but empty lists, and nobody else is answered
        meanwhile. Counting them is a matter of milliseconds.

        Raises:
            TooMuchError: they are too many.
        """
        most = OTHER_LISTS + self.rows * (columns + 1)  # one for each row, or for each cell
        text = body.encode() if isinstance(body, str) else body
        if text.count(b"[") + text.count(b"{") <= most:
            return
        if (count := _outside_of_strings(text)) > most:
            raise TooMuchError(
                f"the request has {count} lists and objects, this server takes {most}",
                hint=f"Send one list or object for each row and plain values in it, and no more "
                f"than {self.rows} rows in a request",
            )

    def require_bytes(self, count: int, *, more: bool = False) -> None:
        """Refuse a body of so many bytes; `more` says that the rest of it was not counted.

        A packed body counts as it is unpacked.

        Raises:
            TooMuchError: they are too many.
        """
        if count > self.bytes:
            raise TooMuchError(
                f"the request has {'at least ' * more}{count} bytes, this server takes "
                f"{self.bytes}",
                hint=f"Send the rows in several requests, or start the server with a larger "
                f"{MAX_BYTES}",
            )


_current: ContextVar[Limits | None] = ContextVar("limits", default=None)


def current_limits() -> Limits | None:
    """The limits of the request that is being answered; None where there is no request."""
    return _current.get()


@contextmanager
def apply_limits(limits: Limits) -> Iterator[None]:
    """Answer one request."""
    token = _current.set(limits)
    try:
        yield
    finally:
        _current.reset(token)


def require_rows(table: Any) -> None:
    """Refuse what a request gives as its table, before anything is made of it.

    Args:
        table: list of rows or mapping of columns; anything else is left to its reader.

    Raises:
        TooMuchError: it has too many rows for the request that is being answered.
    """
    if (limits := current_limits()) is not None:
        limits.require_rows(_rows(table))


def require_columns(names: Any) -> None:
    """Refuse what a request gives as the names of its columns, if it is a collection.

    Raises:
        TooMuchError: they are too many for the request that is being answered.
    """
    if (limits := current_limits()) is not None and isinstance(names, Sized):
        limits.require_columns(len(names))


def _rows(table: Any) -> int:
    if isinstance(table, Mapping):
        return _longest(table.values())
    if not isinstance(table, list):
        return 0
    is_columns = len(table) == 1 and isinstance(table[0], list)  # one row of cells that are columns
    return max(len(table), _longest(table[0]) if is_columns else 0)


def _longest(cells: Any) -> int:
    return max(
        (len(c) for c in cells if isinstance(c, Sized) and not isinstance(c, str)), default=0
    )


def _outside_of_strings(text: bytes) -> int:
    """Brackets and braces that open lists and objects, in JSON or what begins like it."""
    codes = np.frombuffer(text.replace(b"\\\\", b"  ").replace(b'\\"', b"  "), np.uint8)
    is_inside = np.logical_xor.accumulate(codes == ord('"'))
    return int(np.count_nonzero(((codes == ord("[")) | (codes == ord("{"))) & ~is_inside))


def give_back() -> None:
    """Hand freed memory back to the system, where pyarrow or the C library (glibc) keeps it."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text)):
        raise ConfigError(
            f"{variable}: got {text!r}, expected a whole number above zero",
            hint=f"Leave it out for {default}",
        )
    return int(text)
