"""A bundle for Go: the shim in C by cgo, typed rows, and no module of others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.bundle.go import templates
from pipeline.bundle.identifiers import name_fields, to_camel
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    find_label_kind,
    pick_example_row,
    read_folder,
    refuse_worded_dates,
)
from pipeline.bundle.native import measure_library, read_shim_files
from pipeline.bundle.target import Target, Tool

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Input, Kind

_FILES = Path(__file__).parent / "files"
_FIELDS: Mapping[Kind, tuple[str, str]] = {
    "number": ("float64", "math.NaN() if missing"),
    "text": ("string", "empty if missing"),
    "boolean": ("bool", "never missing"),
    "date": ("time.Time", "in UTC, zero if missing"),
}
_LABELS = {"number": "float64", "text": "string", "integer": "int64"}


def render_go_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that Go could read it by.
    """
    manifest = source.manifest
    refuse_worded_dates(manifest)
    fields = [to_camel(field) for field in name_fields([each.name for each in manifest.inputs])]
    return {
        **read_shim_files(("score.c", "score.h")),
        **read_folder(_FILES),
        "rows.go": _render_rows(manifest, fields),
        "README.md": _render_readme(source, fields),
    }


def _render_rows(manifest: Manifest, fields: list[str]) -> str:
    pairs = list(zip(manifest.inputs, fields, strict=True))
    has_dates = any(column.kind == "date" for column in manifest.inputs)
    label, labels = _LABELS[find_label_kind(manifest)], manifest.labels
    has_scores = len(manifest.outputs) > 1
    names = ", ".join(write_go_literal("text", each) for each in labels or ())
    return templates.ROWS.format(
        imports='import "time"\n\n' if has_dates else "",
        fields="\n".join(_declare(column, field) for column, field in pairs),
        cells="\n".join(f"\t\trow.{field}," for field in fields),
        label=label,
        labels=templates.LABELS.format(label=label, names=names) if labels else "",
        has_labels="true" if labels else "false",
        scores=templates.SCORES if has_scores else "",
        take_scores=templates.TAKE_SCORES if has_scores else "",
    )


def _declare(column: Input, field: str) -> str:
    kind, note = _FIELDS[column.kind]
    return f"\t// {field} is {write_go_literal('text', column.name)}: {note}.\n\t{field} {kind}"


def _render_readme(source: BundleSource, fields: list[str]) -> str:
    manifest, row = source.manifest, pick_example_row(source)
    cells = [write_go_literal(each.kind, row[each.name]) for each in manifest.inputs]
    width = max(map(len, fields)) + 1
    return templates.README.format(
        **describe_for_readme(source),
        library=f"{measure_library():.0f}",
        lines=TARGET.lines,
        imports="\n".join(_imports(cells)),
        row="\n".join(
            f"\t\t{f'{field}:':{width}} {cell}," for field, cell in zip(fields, cells, strict=True)
        ),
        values="answers[0].Label, answers[0].Score"
        if len(manifest.outputs) > 1
        else "answers[0].Label",
    )


def _imports(cells: list[str]) -> Iterator[str]:
    needed = {
        "fmt",
        "log",
        *(cell.split(".")[0] for cell in cells if cell[:5] in ("math.", "time.")),
    }
    yield from (f'\t"{name}"' for name in sorted(needed))


def write_go_literal(kind: Kind, value: Any) -> str:
    """A cell as Go writes it in a field of its column's kind."""
    if kind == "number":
        return "math.NaN()" if value is None else repr(value)
    if kind == "boolean":
        return str(bool(value)).lower()
    if kind == "date":
        return "time.Time{}" if value is None else _date(value)
    if not isinstance(value, str | None):
        return repr(value)  # a label that is a number
    return json.dumps(value or "", ensure_ascii=False).replace("\ufeff", "\\ufeff")


def _date(text: str) -> str:
    moment = np.datetime64(text, "ns")
    seconds = moment.astype("datetime64[s]")
    parts = seconds.item()
    rest = (moment - seconds).astype(int)
    fields = (parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second, rest)
    return f"time.Date({', '.join(map(str, fields))}, time.UTC)"


TARGET = Target(
    name="go",
    tools=(
        Tool("go", "apt-get install golang-go"),
        Tool("cc", "apt-get install gcc libc6-dev"),
        Tool("python3", "apt-get install python3-pip"),
    ),
    setup=("sh install.sh", "go build -o bin/ ./verify"),
    verify="bin/verify",
    render=render_go_files,
)
