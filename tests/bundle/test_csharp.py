"""The bundle for C#: what is generated, what it refuses, and its README, run as it is written."""

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

from pipeline.bundle.csharp import render_csharp_files
from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.write import write_bundle
from pipeline.export.feed_contract import render_feed_cases
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.c.bundles import blocks, seal, shell
from tests.bundle.hostile_cells import CELLS, COLUMNS, render_cases
from tests.commands import needed, whole_run

VERIFY = "mono scorer.exe"
OBJECTS = Path(__file__).parent / "csharp" / "Objects.cs"
SEALED = ["model.onnx", "manifest.json", "golden.json", "golden.tsv", "scorer/Cells.cs"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("mcs", "mono"):
        needed(shutil.which(program), program)
    folder = tmp_path_factory.mktemp("csharp") / "bundle"
    write_bundle(source, "csharp", folder)
    shell(folder, "sh build.sh")
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may change."""
    return Path(shutil.copytree(built, tmp_path / "bundle"))


def test_rows_and_answers_are_typed(source: BundleSource, tmp_path: Path) -> None:
    files = render_csharp_files(source)
    for column in (
        '[Column("body mass [kg]")] public double? BodyMassKg',
        '[Column("smoker")] public string Smoker',
        '[Column("member")] public bool? Member',
        '[Column("joined")] public DateTime? Joined',
    ):
        assert column in files["scorer/Row.cs"]
    assert "public double? Label" in files["scorer/Answer.cs"]
    whole = render_csharp_files(read_source(proven.classification(tmp_path, (0, 1, 2))))
    assert "public long? Label" in whole["scorer/Answer.cs"]
    assert "IReadOnlyDictionary<long, double> Scores" in whole["scorer/Answer.cs"]


@pytest.mark.long
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
    """Cells that C# builds otherwise."""
    flat = render_flat_files(replace(source, cases=cases))
    (folder / "feed_cases.tsv").write_text(flat["feed_cases.tsv"], encoding="utf-8")
    seal(folder)
    return list(json.loads(shell(folder, f"{VERIFY} || [ $? = 5 ]"))["cells"]["wrong"])


@pytest.mark.long
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
    bits = np.random.default_rng(0).integers(0, 2**63, 2000, dtype=np.uint64).view(np.float64)
    powers = 2.0 ** np.arange(-1074, 60)
    near = [np.nextafter(powers, 0), powers, np.nextafter(powers, np.inf)]
    ties = 2.0**51 + np.arange(100) + 0.25
    values = np.concatenate([bits[np.isfinite(bits)], *near, ties, ties + 0.5, -ties])
    assert find_wrong(folder, source, render_cases(values.tolist())) == []


@pytest.mark.long
def test_objects_are_read_as_dictionaries_are(folder: Path) -> None:
    shutil.copy(OBJECTS, folder)
    shown = shell(folder, "mcs -r:scorer.exe Objects.cs && TZ=Asia/Kolkata mono Objects.exe")
    *days, other, empty = shown.splitlines()
    assert len({*days}) == 1
    assert len(days) == 5
    assert 'the column "' in other
    assert empty == "0"


@pytest.mark.long
@pytest.mark.parametrize(
    "digits", ["1e" + "9" * 100_000, "1" * 100_000, "0." + "0" * 400 + "1e400"]
)
def test_cells_may_be_long(folder: Path, source: BundleSource, digits: str) -> None:
    assert find_wrong(folder, source, render_cases([digits, f"-{digits}"])) == []


@pytest.mark.long
def test_the_readme_is_right_word_for_word(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needed(shutil.which("mcs"), "mcs")
    models = {
        "numbers": proven.regression(tmp_path / "regression"),
        "words": proven.classification(tmp_path / "no", ("no", "yes")),
        "whole": proven.classification(tmp_path / "0", (0, 1, 2)),
        "trained": whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx",
    }
    for name, model in models.items():
        folder = tmp_path / name
        write_bundle(read_source(model), "csharp", folder)
        (lines,), (code,) = blocks(folder, "sh"), blocks(folder, "csharp")
        found = json.loads(shell(folder, lines, ORT_LIB=""))
        assert found["cells"]["wrong"] == []
        assert found["rows"]["flips"] == 0
        (folder / "Example.cs").write_text(code, encoding="utf-8")
        (run,) = re.findall("`(mcs .*?)`", (folder / "README.md").read_text(encoding="utf-8"))
        check_answer(shell(folder, run, ORT_LIB=""), folder, model)


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
