"""The bundle for Java: what is generated, what it refuses, and its README, run as it is written."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.java import render_java_files
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.write import write_bundle
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed, render_feed_cases
from pipeline.manifest.columns import Cells, Input, Known
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.c.bundles import blocks, seal, shell
from tests.bundle.hostile_cells import CELLS, COLUMNS, render_cases
from tests.commands import needed, whole_run

VERIFY = "java -cp . scorer.Verify"
SEALED = ["model.onnx", "manifest.json", "golden.json", "golden.tsv", "scorer/Cells.java"]
RECORDS = Path(__file__).parent / "java" / "Records.java"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


def build(folder: Path, source: BundleSource) -> Path:
    needed(shutil.which("javac"), "javac")
    write_bundle(source, "java", folder)
    shell(folder, "sh build.sh")
    return folder


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("java") / "bundle", source)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may change."""
    return Path(shutil.copytree(built, tmp_path / "bundle"))


def with_columns(source: BundleSource, *names: str) -> BundleSource:
    """The model with other columns, all numbers."""
    inputs = tuple(Input(name, "number", Cells(), Known()) for name in names)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    golden = {**json.loads(source.golden), "inputs": {name: [1.0] for name in names}}
    golden["kinds"] = ["table"]
    golden["expected"] = golden["graph"]["expected"] = {"prediction_label": [1.0]}
    return replace(source, manifest=manifest, golden=json.dumps(golden))


def test_rows_and_answers_are_typed(source: BundleSource, tmp_path: Path) -> None:
    files = render_java_files(source)
    for component in (
        '@Column("body mass [kg]") Double bodyMassKg,',
        '@Column("smoker") String smoker,',
        '@Column("member") Boolean member,',
        '@Column("joined") Temporal joined)',
    ):
        assert component in files["scorer/Row.java"]
    assert "record Answer(Double label)" in files["scorer/Answer.java"]
    whole = render_java_files(read_source(proven.classification(tmp_path, (0, 1, 2))))
    head = "record Answer(Long label, Double score, Map<Long, Double> scores)"
    assert head in whole["scorer/Answer.java"]


def test_no_name_is_a_word_of_java(source: BundleSource) -> None:
    names = ("class", "wait", "hash code", '"\\', "1st\n", "\\u000a", "Größe", "größe", "🙂")
    row = render_java_files(with_columns(source, *names))["scorer/Row.java"]
    assert row.isascii()
    fields = re.findall(r"Double (\w+)[,)]", row)
    assert fields[:3] == ["columnClass", "columnWait", "columnHashCode"]
    assert len({*fields}) == len(names)
    texts = [json.loads(text) for text in re.findall(r'@Column\((".*")\)', row)]
    assert texts == [*names]


def test_more_columns_than_a_record_takes_are_refused(source: BundleSource) -> None:
    render_java_files(with_columns(source, *map(str, range(254))))
    with pytest.raises(DataError, match="255 columns"):
        render_java_files(with_columns(source, *map(str, range(255))))


def test_verify_proves_every_cell_and_row(built: Path) -> None:
    found = json.loads(shell(built, f"{VERIFY} --measure"))
    cases = json.loads((built / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
    assert found["cells"] == {"wrong": [], "count": sum(len(each["cases"]) for each in cases)}
    assert found["rows"]["count"] == len(proven.ROWS["smoker"])
    assert found["rows"]["flips"] == 0
    assert found["rows"]["error"] <= 1e-9
    assert found["rows"]["graph_error"] <= 1e-12
    assert {*found["speed"]} == {"open_ms", "row_us", "batch_ms"}


@pytest.mark.long
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
    assert name in shell(folder, VERIFY, code=3)


@pytest.mark.long
def test_libraries_that_are_missing_are_named(folder: Path) -> None:
    assert "none.so" in shell(folder, VERIFY, code=3, ORT_LIB="none.so")
    (folder / "libscorer.so").unlink()
    assert "build.sh" in shell(folder, VERIFY, code=3)


@pytest.mark.long
@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(folder: Path, source: BundleSource, answers: str) -> None:
    golden = json.loads(source.golden)
    golden["graph"] = json.loads(json.dumps(golden["graph"]))
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    flat = render_flat_files(replace(source, golden=json.dumps(golden)))
    (folder / "golden.tsv").write_text(flat["golden.tsv"], encoding="utf-8")
    seal(folder)
    found = json.loads(shell(folder, f"{VERIFY} || [ $? = 5 ]"))
    assert found["rows"]["error" if answers == "expected" else "graph_error"] > 1e-9
    shell(folder, VERIFY, code=5)


def find_wrong(folder: Path, source: BundleSource, cases: str) -> list[Any]:
    """Cells that Java builds otherwise."""
    flat = render_flat_files(replace(source, cases=cases))
    (folder / "feed_cases.tsv").write_text(flat["feed_cases.tsv"], encoding="utf-8")
    seal(folder)
    return list(json.loads(shell(folder, f"{VERIFY} || [ $? = 5 ]"))["cells"]["wrong"])


def test_every_way_of_writing(folder: Path, source: BundleSource) -> None:
    assert find_wrong(folder, source, render_feed_cases(COLUMNS)) == []


@pytest.mark.long
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(CELLS, min_size=50, max_size=200))
def test_any_cell(folder: Path, source: BundleSource, cells: list[Any]) -> None:
    assert find_wrong(folder, source, render_cases(cells)) == []


@pytest.mark.long
def test_the_shortest_decimal_is_that_of_python(folder: Path, source: BundleSource) -> None:
    bits = np.random.default_rng(0).integers(0, 2**63, 4000, dtype=np.uint64).view(np.float64)
    powers = 2.0 ** np.arange(-1074, 60)
    near = [np.nextafter(powers, 0), powers, np.nextafter(powers, np.inf)]
    ties = 2.0**51 + np.arange(100) + 0.25
    values = np.concatenate([bits[np.isfinite(bits)], *near, ties, ties + 0.5, -ties])
    assert find_wrong(folder, source, render_cases(values.tolist())) == []


@pytest.mark.long
def test_records_are_read_as_maps_are(folder: Path) -> None:
    shutil.copy(RECORDS, folder)
    *days, other, empty = shell(folder, "java -cp . Records.java").splitlines()
    assert len({*days}) == 1
    assert len(days) == 5
    assert 'the column "' in other
    assert empty == "[]"


@pytest.mark.long
def test_the_readme_is_right_word_for_word(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needed(shutil.which("javac"), "javac")
    models = {
        "numbers": proven.regression(tmp_path / "regression"),
        "words": proven.classification(tmp_path / "no", ("no", "yes")),
        "whole": proven.classification(tmp_path / "0", (0, 1, 2)),
        "trained": whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx",
    }
    for name, model in models.items():
        folder = tmp_path / name
        write_bundle(read_source(model), "java", folder)
        (lines,), (code,) = blocks(folder, "sh"), blocks(folder, "java")
        found = json.loads(shell(folder, lines, ORT_LIB=""))
        assert found["cells"]["wrong"] == []
        assert found["rows"]["flips"] == 0
        (folder / "Example.java").write_text(code, encoding="utf-8")
        assert "`java -cp . Example.java`" in (folder / "README.md").read_text(encoding="utf-8")
        check_answer(shell(folder, "java -cp . Example.java", ORT_LIB=""), folder, model)


def check_answer(shown: str, folder: Path, model: Path) -> None:
    """What the example prints, against the answer of `Scorer`."""
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    place = golden["kinds"].index("table") if "table" in golden["kinds"] else 0
    row = {name: values[place] for name, values in golden["inputs"].items()}
    expected = Scorer(model).predict_one(row)
    answer = re.fullmatch(r"Answer\[label=(.*?)(?:, score=(.*), scores=\{(.*)\})?\]\n", shown)
    assert answer
    if answer[2] is None:
        np.testing.assert_allclose(float(answer[1]), expected["prediction_label"], rtol=1e-12)
        return
    assert answer[1] == str(expected["prediction_label"])
    scores = [float(pair.split("=")[1]) for pair in answer[3].split(", ")]
    np.testing.assert_allclose(scores, expected["prediction_score"], rtol=0, atol=1e-12)
    assert float(answer[2]) in scores
