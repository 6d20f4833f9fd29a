"""Reads the size of a Parquet file from its pages; its footer may say anything.

pyarrow takes room for a page by the page's own header, and no interface of it shows that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import DataError

_UNPACKED, _PACKED = 2, 3
"""Fields of a page's header: bytes of what follows it."""
_HEADER = 64
"""Bytes of a header, about: pages of nothing take time, too."""
_TRUE, _FALSE, _BYTE, _DOUBLE, _BYTES, _STRUCT = 1, 2, 3, 7, 8, 12
_WHOLE = {4, 5, 6}
"""Kinds of a field in Thrift's compact protocol."""


def count_unpacked_bytes(body: memoryview, chunk: Any, most: int) -> int:
    """Bytes of a column's part when its pages are unpacked, at least where they are too many.

    Args:
        chunk: what its footer says of the part.
        most: after so many bytes no more pages are looked at.

    Raises:
        DataError: its pages cannot be read.
    """
    starts = [chunk.data_page_offset, chunk.dictionary_page_offset or 0]
    at = min(start for start in starts if start > 0) if any(s > 0 for s in starts) else 0
    end = at + chunk.total_compressed_size
    total = 0
    try:
        while at < end and total <= most:
            fields, at = _struct(body, at)
            if fields[_UNPACKED] < 0 or fields[_PACKED] < 0:
                raise ValueError("a page of less than nothing")
            total += _HEADER + fields[_UNPACKED]
            at += fields[_PACKED]
    except (IndexError, KeyError, ValueError, RecursionError) as err:
        name = chunk.path_in_schema
        raise DataError(f"the body is no Parquet: the pages of {name!r} cannot be told") from err
    return total


def _struct(body: memoryview, at: int) -> tuple[Mapping[int, int], int]:
    """The whole numbers among the fields, and where the next thing begins."""
    found: dict[int, int] = {}
    field = 0
    while head := body[at]:
        at += 1
        field += head >> 4
        if not head >> 4:
            field, at = _whole(body, at)
        if head & 15 in _WHOLE:
            found[field], at = _whole(body, at)
        else:
            at = _past(body, at, head & 15)
    return found, at + 1


def _past(body: memoryview, at: int, kind: int) -> int:
    """Where the next thing begins after one of this kind."""
    if kind in {_TRUE, _FALSE}:
        return at
    if kind in _WHOLE:
        return _whole(body, at)[1]
    if kind == _BYTES:
        length, at = _varint(body, at)
        return at + length
    if kind == _STRUCT:
        return _struct(body, at)[1]
    if kind in {_BYTE, _DOUBLE}:
        return at + (1 if kind == _BYTE else 8)
    raise ValueError(f"a field of kind {kind}")  # a page's header has no lists


def _whole(body: memoryview, at: int) -> tuple[int, int]:
    number, at = _varint(body, at)
    return number >> 1 ^ -(number & 1), at


def _varint(body: memoryview, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        number |= (body[at] & 127) << shift
        at += 1
        if body[at - 1] < 128:
            return number, at
    raise ValueError("a number of more than ten bytes")
