"""Files that are no table of text are known by how they begin."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.data.file_signatures import decode_start
from pipeline.errors import DataError


def zipped() -> bytes:
    with zipfile.ZipFile(sink := io.BytesIO(), "w") as archive:
        archive.writestr(zipfile.ZipInfo("t.csv"), "a,b\n1,2\n")  # of no time: it is in the name
    return sink.getvalue()


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (zipped(), "a zip archive"),
        (gzip.compress(b"a,b\n", mtime=0), "a gzip archive"),
        ("a,b\n".encode("utf-16"), "UTF-16 text"),
        ("a,b\n".encode("utf-16-be"), "binary data"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"a,b\n1,\0\n", "binary data"),
    ],
)
def test_another_format_is_named(start: bytes, name: str) -> None:
    with pytest.raises(DataError, match=f"t.csv: got {name}"):
        decode_start(Path("t.csv"), start)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_declared_separator_is_refused_in_any_case(mark: str) -> None:
    for word in ("sep=;", "SEP=,"):
        with pytest.raises(DataError, match=f"got '{word}' in the first line"):
            decode_start(Path("t.csv"), f"{mark}{word}\na;b\n".encode())


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_text_in_utf_8_is_given_as_it_is(text: str) -> None:
    assume(not re.match(r"\ufeff|%PDF|sep=.|PK\x03\x04", text, re.IGNORECASE))
    assert decode_start(Path("t.csv"), text.encode()) == text
    assert decode_start(Path("t.csv"), ("\ufeff" + text).encode()) == text
