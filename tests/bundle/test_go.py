"""The bundle for Go: what is generated, what it refuses, and its README, run as it is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.go import render_go_files, write_go_literal
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.write import write_bundle
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed, render_feed_cases
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.c.bundles import blocks, seal, shell
from tests.bundle.hostile_cells import COLUMNS
from tests.commands import needed, whole_run

SEALED = ["model.onnx", "manifest.json", "golden.json", "feed_cases.json", "feeds.go"]


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


def build(folder: Path, source: BundleSource) -> Path:
    """A bundle whose `verify` is built, without any module of others."""
    needed(shutil.which("go"), "go")
    write_bundle(source, "go", folder)
    shell(
        folder,
        'test -z "$(gofmt -l .)" && go vet ./... && go build -o bin/ ./verify',
        GOPROXY="off",
    )
    return folder


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go") / "bundle", source)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may change."""
    return Path(shutil.copytree(built, tmp_path / "bundle"))


def test_rows_are_typed(source: BundleSource) -> None:
    rows = render_go_files(source)["rows.go"]
    for field in (
        '// BodyMassKg is "body mass [kg]": math.NaN() if missing.\n\tBodyMassKg float64\n',
        '// Smoker is "smoker": empty if missing.\n\tSmoker string\n',
        '// Member is "member": never missing.\n\tMember bool\n',
        '// Joined is "joined": in UTC, zero if missing.\n\tJoined time.Time\n',
        "Label      float64\n",
    ):
        assert field in rows
    assert "Scores" not in rows


@pytest.mark.parametrize(
    ("kind", "value", "literal"),
    [
        ("number", None, "math.NaN()"),
        ("number", 1.5, "1.5"),
        ("boolean", True, "true"),
        ("text", None, '""'),
        ("text", 'a"b\\c\nü\ufeff', '"a\\"b\\\\c\\nü\\ufeff"'),
        ("date", None, "time.Time{}"),
        ("date", "2021-03-04", "time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)"),
        (
            "date",
            "1969-12-31T23:59:59.999999999",
            "time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC)",
        ),
    ],
)
def test_cells_are_literals(kind: Any, value: str | float | None, literal: str) -> None:
    assert write_go_literal(kind, value) == literal


@pytest.mark.parametrize("render", [render_go_files, render_flat_files])
def test_dates_in_words_are_refused(source: BundleSource, render: Any) -> None:
    inputs = (Input("joined", "date", Cells(dates="%d %B %Y")),)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    with pytest.raises(DataError, match="'joined': dates are written as %d %B %Y"):
        render(replace(source, manifest=manifest))


@pytest.mark.long
def test_verify_proves_every_cell_and_row(built: Path) -> None:
    found = json.loads(shell(built, "bin/verify --measure"))
    cases = json.loads((built / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
    assert found["cells"] == {"wrong": [], "count": sum(len(each["cases"]) for each in cases)}
    assert found["rows"]["count"] == len(proven.ROWS["smoker"])
    assert found["rows"]["flips"] == 0
    assert found["rows"]["error"] <= 1e-9
    assert found["rows"]["graph_error"] <= 1e-12
    assert {*found["speed"]} == {"open_ms", "row_us", "batch_ms"}


@pytest.mark.long
def test_every_way_of_writing(folder: Path) -> None:
    (folder / "feed_cases.json").write_text(render_feed_cases(COLUMNS), encoding="utf-8")
    seal(folder)
    assert json.loads(shell(folder, "bin/verify || [ $? = 5 ]"))["cells"]["wrong"] == []


@pytest.mark.long
@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_was_changed_is_refused(folder: Path, name: str, change: str) -> None:
    if change == "changed":
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    else:
        (folder / name).unlink()
    assert name in shell(folder, "bin/verify", code=3)


@pytest.mark.long
@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(folder: Path, answers: str) -> None:
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    (folder / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    seal(folder)
    found = json.loads(shell(folder, "bin/verify", code=5))
    assert found["rows"]["error" if answers == "expected" else "graph_error"] > 1e-9


@pytest.mark.long
def test_the_readme_is_right_word_for_word(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    for name, model in {**models(tmp_path), "trained": trained}.items():
        folder = tmp_path / f"bundle-{name}"
        needed(shutil.which("go"), "go")
        write_bundle(read_source(model), "go", folder)
        found = json.loads(shell(folder, blocks(folder, "sh")[0], ORT_LIB="", GOPROXY="off"))
        assert found["cells"]["wrong"] == []
        assert found["rows"]["flips"] == 0
        (code,) = blocks(folder, "go")
        (folder / "example").mkdir()
        (folder / "example" / "main.go").write_text(code, encoding="utf-8")
        shell(folder, 'test -z "$(gofmt -l .)"')
        label, *score = shell(folder, blocks(folder, "sh")[1], GOPROXY="off").split()
        golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
        place = golden["kinds"].index("table")
        row = {name: values[place] for name, values in golden["inputs"].items()}
        expected = Scorer(model).predict_one(row)
        if not score:
            np.testing.assert_allclose(float(label), expected["prediction_label"], rtol=1e-12)
            continue
        assert label == str(expected["prediction_label"])
        labels = Scorer(model).manifest.labels or ()
        wanted = expected["prediction_score"][labels.index(expected["prediction_label"])]
        np.testing.assert_allclose(float(score[0]), wanted, rtol=0, atol=1e-12)
