"""The bundle in C: what is generated, what it refuses, and its README, run as it is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.bundle.c import render_c_files, write_c_literal
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import write_bundle
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.c.bundles import STRICT, blocks, build, seal, shell
from tests.commands import whole_run

SANITIZED = "CFLAGS=-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
SEALED = ["model.onnx", "manifest.json", "model.tsv", "golden.json", "golden.tsv"]


def models(folder: Path) -> dict[str, Path]:
    """Models of every kind of answer."""
    return {
        "numbers": proven.regression(folder / "regression"),
        "words": proven.classification(folder / "words", ("no", "yes")),
        "whole": proven.classification(folder / "whole", (0, 1, 2)),
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("c") / "bundle", source)


def test_a_graph_that_warns_is_proven_as_well(source: BundleSource, tmp_path: Path) -> None:
    folder = build(tmp_path / "bundle", add_warnings(source))
    assert json.loads(shell(folder, "./verify").splitlines()[-1])["rows"]["flips"] == 0


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may change."""
    return Path(shutil.copytree(built, tmp_path / "bundle"))


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


def test_verify_proves_every_cell_and_row(built: Path) -> None:
    found = json.loads(shell(built, "./verify"))
    cases = json.loads((built / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
    assert found["cells"] == {"wrong": [], "count": sum(len(each["cases"]) for each in cases)}
    assert found["rows"]["count"] == len(proven.ROWS["smoker"])
    assert found["rows"]["flips"] == 0
    assert found["rows"]["error"] <= 1e-9
    assert found["rows"]["graph_error"] <= 1e-12
    assert "speed" not in found
    speed = json.loads(shell(built, "./verify --measure"))["speed"]
    assert {*speed} == {"open_ms", "row_us", "batch_ms"}


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("change", ["changed", "gone", "unlisted"])
def test_a_file_that_was_changed_is_refused(folder: Path, name: str, change: str) -> None:
    if change == "changed":
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    elif change == "gone":
        (folder / name).unlink()
    else:
        sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
        kept = [line for line in sums if not line.endswith(f"  {name}\n")]
        (folder / "SHA256SUMS").write_text("".join(kept))
    assert name in shell(folder, "./verify", code=3)


def test_another_library_is_asked_for(folder: Path) -> None:
    assert "none.so" in shell(folder, "./verify", code=3, ORT_LIB="none.so")


@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(
    tmp_path: Path, built: Path, source: BundleSource, answers: str
) -> None:
    golden = json.loads(source.golden)
    # the model is small: PyCaret's answers and the graph's own are one object no more
    golden["graph"] = json.loads(json.dumps(golden["graph"]))
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    folder = tmp_path / "bundle"
    write_bundle(replace(source, golden=json.dumps(golden)), "c", folder)
    shutil.copy(built / "verify", folder)
    found = json.loads(shell(folder, "./verify", code=5))
    assert found["rows"]["error" if answers == "expected" else "graph_error"] > 1e-9


def test_another_cell_ends_with_5(folder: Path) -> None:
    cases = (folder / "feed_cases.tsv").read_text(encoding="utf-8")
    (folder / "feed_cases.tsv").write_text(
        cases.replace("case\tsyes\tsyes\n", "case\tsyes\tsno\n"), encoding="utf-8"
    )
    seal(folder)
    found = json.loads(shell(folder, "./verify", code=5))
    assert found["cells"]["wrong"] == [["smoker", "syes", "sno"]]


def check_readme(folder: Path, model: Path) -> None:
    """The README's example gives the answer of `Scorer`."""
    (code,) = blocks(folder, "c")
    (folder / "example.c").write_text(code, encoding="utf-8")
    label, *score = shell(folder, blocks(folder, "sh")[1]).split()
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    place = golden["kinds"].index("table") if "table" in golden["kinds"] else 0
    row = {name: values[place] for name, values in golden["inputs"].items()}
    expected = Scorer(model).predict_one(row)
    if not score:
        np.testing.assert_allclose(float(label), expected["prediction_label"], rtol=1e-12)
        return
    assert label == str(expected["prediction_label"])
    labels = Scorer(model).manifest.labels or ()
    wanted = expected["prediction_score"][labels.index(expected["prediction_label"])]
    np.testing.assert_allclose(float(score[0]), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["numbers", "words", "whole"])
def test_the_example_answers_as_here(tmp_path: Path, kind: str) -> None:
    model = models(tmp_path)[kind]
    folder = build(tmp_path / "bundle", read_source(model))
    found = json.loads(shell(folder, "./verify"))
    assert found["cells"]["wrong"] == []
    check_readme(folder, model)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["numbers", "words", "whole"])
def test_no_byte_is_read_or_kept_that_should_not_be(tmp_path: Path, kind: str) -> None:
    folder = build(tmp_path / "bundle", read_source(models(tmp_path)[kind]), SANITIZED)
    shell(folder, "./verify --measure")
    (folder / "model.onnx").write_bytes(b"")
    assert "model.onnx" in shell(folder, "./verify", code=3)


@pytest.mark.long
def test_the_readme_is_right_word_for_word(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    for name, model in {**models(tmp_path), "trained": trained}.items():
        folder = tmp_path / f"bundle-{name}"
        build(folder, read_source(model), STRICT)
        shell(folder, "make -s clean")
        found = json.loads(shell(folder, blocks(folder, "sh")[0], ORT_LIB=""))
        assert found["cells"]["wrong"] == []
        assert found["rows"]["flips"] == 0
        check_readme(folder, model)
