"""The bundle in C: what is generated, and that no byte is read or kept that should not be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.bundle.c import render_c_files, write_c_literal
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from tests.bundle import proven
from tests.bundle.languages import C

SANITIZED = "CFLAGS=-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


def test_a_graph_that_warns_is_proven_as_well(source: BundleSource, tmp_path: Path) -> None:
    folder = C.build(tmp_path / "bundle", add_warnings(source))
    assert C.verify(folder)["rows"]["flips"] == 0


def test_rows_are_typed(source: BundleSource) -> None:
    header = render_c_files(source)["scorer.h"]
    for field in (
        'double body_mass_kg; /* "body mass [kg]": NAN if missing */',
        'const char *smoker; /* "smoker": NULL if missing */',
        'bool member; /* "member": never missing */',
        'const char *joined; /* "joined": ISO 8601 or %d.%m.%Y, NULL if missing */',
        "double label;",
    ):
        assert field in header
    assert "scores" not in header


def test_no_name_ends_a_comment_or_is_a_word_of_c(source: BundleSource) -> None:
    names = ("int", "a */ b", "a /* b", "1st\n", "\\", "??/", 'x"', "Größe", "größe")
    inputs = tuple(Input(name, "number", Cells()) for name in names)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    row = {name: [1.0] for name in names}
    golden = {**json.loads(source.golden), "inputs": row, "kinds": ["table"]}
    golden["expected"] = golden["graph"]["expected"] = {"prediction_label": [1.0]}
    header = render_c_files(replace(source, manifest=manifest, golden=json.dumps(golden)))[
        "scorer.h"
    ]
    assert header.count("/*") == header.count("*/")
    fields = [line.split(";")[0].split()[-1] for line in header.splitlines() if "NAN if" in line]
    assert fields[:4] == ["column_int", "a_b", "a_b_2", "column_1st"]
    assert len({*fields}) == len(names)


@pytest.mark.parametrize(
    ("kind", "value", "literal"),
    [
        ("number", None, "NAN"),
        ("number", 1.5, "1.5"),
        ("boolean", True, "true"),
        ("date", None, "NULL"),
        ("text", 'a"b\\c?d\ne\x7f1', '"a\\"b\\\\c\\?d\\012e\\1771"'),
        ("text", "ü 🙂", '"ü 🙂"'),
    ],
)
def test_cells_are_literals(kind: Any, value: str | float | None, literal: str) -> None:
    assert write_c_literal(kind, value) == literal


@pytest.mark.parametrize("kind", proven.KINDS)
def test_the_example_answers_as_here(tmp_path: Path, kind: str) -> None:
    model = proven.KINDS[kind](tmp_path / "onnx")
    folder = C.build(tmp_path / "bundle", read_source(model))
    assert C.verify(folder)["cells"]["wrong"] == []
    C.check_example(folder, model)


@pytest.mark.long
@pytest.mark.parametrize("kind", proven.KINDS)
def test_no_byte_is_read_or_kept_that_should_not_be(tmp_path: Path, kind: str) -> None:
    source = read_source(proven.KINDS[kind](tmp_path / "onnx"))
    folder = replace(C, lint=f"make -s '{SANITIZED}'").build(tmp_path / "bundle", source)
    C.verify(folder, "--measure")
    (folder / "model.onnx").write_bytes(b"")
    assert "model.onnx" in C.shell(folder, C.target.verify, code=3)
