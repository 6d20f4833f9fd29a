"""A bundle for C#: classes over libonnxruntime by P/Invoke, without packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bundle.csharp import templates
from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.identifiers import name_fields, quote_text, to_camel
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    find_label_kind,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.native import read_shim_files
from pipeline.bundle.target import Target, Tool

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Input, Kind

_FILES = Path(__file__).parent / "files"
_RESERVED = {
    *("row", "equals", "finalize", "get_hash_code", "get_type", "memberwise_clone"),
    *("reference_equals", "to_string"),
}
"""Names that no property of a class `Row` may have; C#'s words are in lower case."""
_TYPES: Mapping[Kind, str] = {
    "number": "double?",
    "text": "string",
    "boolean": "bool?",
    "date": "DateTime?",
}
_LABELS = {"number": "double", "text": "string", "integer": "long"}


def render_csharp_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that C# could read it by.
    """
    names = [each.name for each in source.manifest.inputs]
    properties = [to_camel(field) for field in name_fields(names, _RESERVED)]
    return {
        **render_flat_files(source),
        **read_shim_files(("score.c", "score.h")),
        **read_folder(_FILES),
        "scorer/Row.cs": _row(source.manifest, properties),
        "scorer/Answer.cs": _answer(source.manifest),
        "README.md": _readme(source, properties),
    }


def _row(manifest: Manifest, properties: list[str]) -> str:
    columns = [
        f"    [Column({quote_text(column.name)})] public {_TYPES[column.kind]} {name} "
        "{ get; set; }"
        for column, name in zip(manifest.inputs, properties, strict=True)
    ]
    return templates.ROW.format(columns="\n".join(columns))


def _answer(manifest: Manifest) -> str:
    key = _LABELS[find_label_kind(manifest)]
    label = key if key == "string" else f"{key}?"
    if len(manifest.outputs) == 1:
        return templates.ANSWER.format(label=label)
    return templates.ANSWER_WITH_SCORES.format(label=label, key=key)


def _readme(source: BundleSource, properties: list[str]) -> str:
    manifest, row = source.manifest, pick_example_row(source)
    cells = [
        f"        {name} = {_literal(row[column.name], column)},"
        for column, name in zip(manifest.inputs, properties, strict=True)
    ]
    return templates.README.format(
        **describe_for_readme(source),
        lines=TARGET.lines,
        row="\n".join(cells),
    )


def _literal(value: Any, column: Input) -> str:
    if value is None:
        return "null"
    if column.kind == "boolean":
        return "true" if value else "false"
    if column.kind == "date":
        return f'DateTime.Parse("{value}", CultureInfo.InvariantCulture)'
    return f"{float(value)!r}" if column.kind == "number" else quote_text(value)


TARGET = Target(
    name="csharp",
    tools=(
        Tool("mcs", "apt-get install mono-mcs"),
        Tool("mono", "apt-get install mono-runtime"),
        Tool("cc", "apt-get install gcc libc6-dev"),
        Tool("python3", "apt-get install python3-pip"),
    ),
    setup=("sh install.sh", "sh build.sh"),
    verify="mono scorer.exe",
    render=render_csharp_files,
)
