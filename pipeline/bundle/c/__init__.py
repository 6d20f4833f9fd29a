"""A bundle in C: libonnxruntime, a scorer with typed rows, and a Makefile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle.c import templates
from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.identifiers import name_fields
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    find_label_kind,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.native import measure_library, read_shim_files
from pipeline.bundle.target import Target, Tool

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Input, Kind

_FILES = Path(__file__).parent / "files"
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        alignas alignof auto bool break case char const continue default do double else enum errno
        extern false float for goto i386 if inline int linux long nullptr register restrict return
        short signed sizeof static stderr stdin stdout struct switch true typedef typeof union unix
        unsigned void volatile while and asm catch class compl delete dynamic_cast explicit export
        friend mutable namespace new noexcept not operator or private protected public template
        this throw try typeid typename using virtual wchar_t xor
        """,
    )
)
"""Words of C and C++, and names in lower case that headers and compilers define."""
_FIELDS: Mapping[Kind, tuple[str, str, str]] = {
    "number": ("double ", "number_cell", "NAN if missing"),
    "text": ("const char *", "text_cell", "NULL if missing"),
    "boolean": ("bool ", "boolean_cell", "never missing"),
    "date": ("const char *", "text_cell", "ISO 8601{form}, NULL if missing"),
}
"""By kind: the type of a field, what makes a cell of it, and its comment."""
_LABELS = {"number": "double ", "text": "const char *", "integer": "int64_t "}


def render_c_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that C could read it by.
    """
    manifest = source.manifest
    fields = name_fields([each.name for each in manifest.inputs], _RESERVED)
    return {
        **render_flat_files(source),
        **read_shim_files(),
        **read_folder(_FILES),
        "scorer.h": _render_header(manifest, fields),
        "scorer.c": _render_source(manifest, fields),
        "README.md": _render_readme(source, fields),
    }


def _render_header(manifest: Manifest, fields: list[str]) -> str:
    lines = [_declare(*pair) for pair in zip(manifest.inputs, fields, strict=True)]
    return templates.HEADER.format(
        target=_comment(manifest.target),
        fields="\n".join(lines),
        label=_LABELS[find_label_kind(manifest)],
        scores=templates.SCORES.format(count=len(manifest.labels or ()))
        if _scores(manifest)
        else "",
    )


def _declare(column: Input, field: str) -> str:
    kind, _, note = _FIELDS[column.kind]
    dates = column.cells.dates if column.cells else ""
    note = note.format(form=f" or {dates}" if dates else "")
    name = json.dumps(column.name, ensure_ascii=False)
    return f"  {kind}{field}; /* {_comment(f'{name}: {note}')} */"


def _render_source(manifest: Manifest, fields: list[str]) -> str:
    cells = [
        f"  cells[{place}] = {_FIELDS[column.kind][1]}(row->{field});"
        for place, (column, field) in enumerate(zip(manifest.inputs, fields, strict=True))
    ]
    return templates.SOURCE.format(
        cells="\n".join(cells),
        count=len(fields),
        label=templates.LABELS[find_label_kind(manifest)],
        scores=templates.TAKE_SCORES if _scores(manifest) else "",
    )


def _scores(manifest: Manifest) -> bool:
    return len(manifest.outputs) > 1


def _comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *")


def _render_readme(source: BundleSource, fields: list[str]) -> str:
    manifest, row = source.manifest, pick_example_row(source)
    shown = {"number": "%.17g", "text": "%s", "integer": "%lld"}[find_label_kind(manifest)]
    value = "(long long)answer.label" if find_label_kind(manifest) == "integer" else "answer.label"
    has_scores = _scores(manifest)
    return templates.README.format(
        **describe_for_readme(source),
        library=f"{measure_library():.0f}",
        lines=TARGET.lines,
        row="\n".join(
            f"    .{field} = {write_c_literal(column.kind, row[column.name])},"
            for column, field in zip(manifest.inputs, fields, strict=True)
        ),
        shown=f"{shown} %.17g" if has_scores else shown,
        values=f"{value}, answer.score" if has_scores else value,
    )


def write_c_literal(kind: Kind, value: str | float | bool | None) -> str:
    """A cell as C writes it in a field of its column's kind."""
    if value is None:
        return "NAN" if kind == "number" else "NULL"
    if isinstance(value, str):
        return '"' + "".join(templates.ESCAPES.get(sign, sign) for sign in value) + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


TARGET = Target(
    name="c",
    tools=(
        Tool("cc", "apt-get install gcc libc6-dev"),
        Tool("make", "apt-get install make"),
        Tool("python3", "apt-get install python3-pip"),
    ),
    setup=("sh install.sh", "make -s"),
    verify="./verify",
    render=render_c_files,
)
