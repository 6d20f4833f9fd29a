"""How much one request to a served model may hold, and memory that a large one gives back."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError, DataError

MAX_ROWS, MAX_BYTES = "PIPELINE_SERVE_MAX_ROWS", "PIPELINE_SERVE_MAX_BYTES"
"""Variables that hold the limits."""
LARGE = 2**20
"""Bytes of a body after which memory is given back."""


class TooMuchError(DataError):
    """A request is larger than a served model answers; HTTP status 413."""


@dataclass(frozen=True)
class Limits:
    """The largest request: rows of its table, bytes of its body."""

    rows: int = 100_000
    bytes: int = 16 * 2**20

    @classmethod
    def from_environment(cls) -> Limits:
        """The limits that are set; where none is, the defaults.

        Raises:
            ConfigError: one is no whole number above zero.
        """
        return cls(_number(MAX_ROWS, cls.rows), _number(MAX_BYTES, cls.bytes))

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


def current() -> Limits | None:
    """The limits of the request that is being answered; None where there is no request."""
    return _current.get()


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    """Answer one request."""
    token = _current.set(limits)
    try:
        yield
    finally:
        _current.reset(token)


def require_rows(table: Any) -> None:
    """Refuse what a request gives as its table, before anything is made of it.

    Args:
        table: list of rows or mapping of columns; anything else is left to whoever reads it.

    Raises:
        TooMuchError: it has too many rows for the request that is being answered.
    """
    if (limits := current()) is not None:
        limits.require_rows(_rows(table))


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


def give_back() -> None:
    """Hand freed memory back to the system, where its C library keeps it (glibc)."""
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
