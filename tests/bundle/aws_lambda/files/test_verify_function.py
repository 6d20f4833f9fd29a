"""Both functions are built and proven as their README says, in the loop of Lambda's runtime."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.bundle.aws_lambda import TARGETS
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import write_bundle
from tests.bundle import proven
from tests.bundle.languages import blocks, shell
from tests.commands import needed, whole_run

pytestmark = pytest.mark.long
MOST = {"python": 28e6, "node": 18e6}
"""Bytes of a zip with a small model, as the README has them."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    return read_source(trained)


@pytest.fixture(scope="module", params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


@pytest.fixture(scope="module")
def built(target: Target, source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model's bundle, after the lines of its README."""
    for tool in target.tools:
        needed(shutil.which(tool.program), tool.program)
    folder = tmp_path_factory.mktemp("lambda") / "bundle"
    write_bundle(source, target.name, folder)
    (folder / "said.json").write_text(shell(folder, blocks(folder, "sh")[0]), encoding="utf-8")
    return folder


def test_the_zip_is_proven_by_the_lines_of_the_readme(
    built: Path, target: Target, source: BundleSource
) -> None:
    found = json.loads((built / "said.json").read_text(encoding="utf-8").splitlines()[-1])
    columns = json.loads(source.cases)["columns"]
    assert found["cells"] == {"count": sum(len(each["cases"]) for each in columns), "wrong": []}
    assert (found["rows"]["count"], found["rows"]["flips"]) == (
        len(json.loads(source.golden)["kinds"]),
        0,
    )
    assert found["rows"]["graph_error"] <= 1e-12
    size = (built / "function.zip").stat().st_size
    assert size - len(source.model) < MOST[target.name.removeprefix("lambda-")]


@pytest.mark.parametrize("name", ["model.onnx", "golden.json"])
def test_a_file_that_was_changed_is_refused(built: Path, target: Target, name: str) -> None:
    content = (built / name).read_bytes()
    (built / name).write_bytes(content + b"\n")
    try:
        assert name in shell(built, target.verify, code=3)
    finally:
        (built / name).write_bytes(content)


def test_another_answer_ends_with_5(built: Path, target: Target, tmp_path: Path) -> None:
    source = read_source(proven.classification(tmp_path / "onnx", ("no", "yes")))
    golden = json.loads(source.golden)
    golden["expected"]["prediction_label"][0] = "no such label"
    folder = tmp_path / "bundle"
    write_bundle(replace(source, golden=json.dumps(golden)), target.name, folder)
    for name in (".venv", "node_modules"):
        if (built / name).exists():
            (folder / name).symlink_to(built / name)
    shell(folder, target.setup[-1])
    shell(folder, target.verify, code=5)
