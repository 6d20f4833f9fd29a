"""A bundle for Java: classes over libonnxruntime by JNI, and rows as records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.identifiers import name_fields, quote_text, to_camel
from pipeline.bundle.java import templates
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    find_label_kind,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.native import read_shim_files
from pipeline.bundle.target import Target, Tool
from pipeline.errors import DataError

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Input, Kind

_FILES = Path(__file__).parent / "files"
_RESERVED = """
abstract assert boolean break byte case catch char class clone const continue default do
double else enum extends false final finalize finally float for goto if implements import
instanceof int interface long native new null package private protected public return short
static strictfp super switch synchronized this throw throws transient true try void volatile
wait while hash_code get_class notify notify_all to_string
"""
"""Java's words, and names that no component of a record may have."""
_TYPES: Mapping[Kind, str] = {
    "number": "Double",
    "text": "String",
    "boolean": "Boolean",
    "date": "Temporal",
}
_LABELS = {"number": "Double", "text": "String", "integer": "Long"}
_MOST_COLUMNS = 255
"""Parameters that a method of Java takes, `this` among them."""


def render_java_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: the model has more columns than a record takes, or a date column's format has no
            grammar that Java could read it by.
    """
    manifest = source.manifest
    if (count := len(manifest.inputs)) >= _MOST_COLUMNS:
        raise DataError(
            f"the model has {count} columns, expected fewer than {_MOST_COLUMNS}: a record of Java "
            "takes no more",
            hint="Bundle it --for c, or leave columns out (--ignore)",
        )
    names = [each.name for each in manifest.inputs]
    fields = [_member(field) for field in name_fields(names, _RESERVED.split())]
    return {
        **render_flat_files(source),
        **read_shim_files(("score.c", "score.h")),
        **read_folder(_FILES),
        "scorer/Row.java": _row(manifest, fields),
        "scorer/Answer.java": _answer(manifest),
        "README.md": _readme(source, fields),
    }


def _member(field: str) -> str:
    camel = to_camel(field)
    return camel[:1].lower() + camel[1:]


def _row(manifest: Manifest, fields: list[str]) -> str:
    columns = [
        f"    @Column({quote_text(column.name)}) {_TYPES[column.kind]} {field}"
        for column, field in zip(manifest.inputs, fields, strict=True)
    ]
    has_dates = any(column.kind == "date" for column in manifest.inputs)
    return templates.ROW.format(
        columns=",\n".join(columns), imports=templates.DATE_IMPORT if has_dates else ""
    )


def _answer(manifest: Manifest) -> str:
    label = _LABELS[find_label_kind(manifest)]
    if len(manifest.outputs) == 1:
        return templates.ANSWER.format(label=label)
    return templates.ANSWER_WITH_SCORES.format(label=label)


def _readme(source: BundleSource, fields: list[str]) -> str:
    manifest, row = source.manifest, pick_example_row(source)
    cells = [
        f"        {_literal(row[column.name], column)}{comma} // {field}"
        for column, field, comma in zip(
            manifest.inputs, fields, [*"," * (len(fields) - 1), ")));"], strict=True
        )
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
        kind = "LocalDateTime" if len(value) > len("2021-03-04") else "LocalDate"
        return f'java.time.{kind}.parse("{value.replace(" ", "T")}")'
    return repr(float(value)) if column.kind == "number" else quote_text(value)


TARGET = Target(
    name="java",
    tools=(
        Tool("javac", "apt-get install openjdk-17-jdk-headless"),
        Tool("cc", "apt-get install gcc libc6-dev"),
        Tool("python3", "apt-get install python3-pip"),
    ),
    setup=("sh install.sh", "sh build.sh"),
    verify="java -cp . scorer.Verify",
    render=render_java_files,
)
