"""Both functions are built and proven as their README says, in the loop of Lambda's runtime."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.bundle.aws_lambda import TARGETS
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import write_bundle
from pipeline.conformance.proof import find_differences, read_proof
from tests.bundle import proven
from tests.bundle.aws_lambda.functions import FILES, load_module
from tests.bundle.languages import blocks, shell
from tests.commands import needed, whole_run

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(FILES)
    verifier = load_module(FILES / "verify_function.py")
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


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("name", ["model.onnx", "golden.json"])
def test_a_file_that_was_changed_is_refused(built: Path, target: Target, name: str) -> None:
    content = (built / name).read_bytes()
    (built / name).write_bytes(content + b"\n")
    try:
        assert name in shell(built, target.verify, code=3)
    finally:
        (built / name).write_bytes(content)


@pytest.mark.long
@pytest.mark.parametrize("labels", [None, ("no", "yes")])
def test_another_answer_ends_with_5_and_says_what_differs(
    built: Path, target: Target, tmp_path: Path, labels: tuple[str, ...] | None
) -> None:
    onnx = tmp_path / "onnx"
    file = proven.regression(onnx) if labels is None else proven.classification(onnx, labels)
    source = read_source(file)
    golden = json.loads(source.golden)
    wrong = -7.0 if labels is None else "no such label"
    golden["expected"]["prediction_label"][0] = wrong
    source = replace(source, golden=json.dumps(golden))
    folder = tmp_path / "bundle"
    write_bundle(source, target.name, folder)
    for name in (".venv", "node_modules"):
        if (built / name).exists():
            (folder / name).symlink_to(built / name)
    shell(folder, target.setup[-1])
    proof = read_proof(shell(folder, target.verify, code=5))
    (found,) = find_differences(proof, source)
    assert ("from PyCaret" if labels is None else "flips") in found


class FakeFunction:
    """Says what it found inside, and answers events as golden rows are answered, or otherwise."""

    def __init__(self, inside: dict[str, Any], golden: dict[str, Any], how: str) -> None:
        self.inside, self.how = inside, how
        self.labels = golden["graph"]["expected"]["prediction_label"]
        self.alone = iter(range(len(self.labels)))

    def invoke(self, event: Any) -> Any:
        if event == {"verify": "report"}:
            return {"verified": self.inside}
        if event in ({"rows": [{}]}, {"body": "{", "requestContext": {}}):
            return {"statusCode": 200 if self.how == "takes anything" else 400, "row": 1}
        if self.how == "refuses":
            raise verifier.FunctionError("no more")
        answers = [{"label": label} for label in self.labels]
        if "rows" in event:
            return {"statusCode": 200, "predictions": answers}
        answer = answers[next(self.alone)] if self.how != "no label" else {"label": None}
        return {"statusCode": 200, "body": json.dumps({"predictions": [answer]})}


@pytest.mark.parametrize(
    ("cells", "rows", "how", "said"),
    [
        ({}, {}, "", None),
        ({"wrong": [["age", "1", 1]]}, {}, "", "cells wrong"),
        ({}, {"flips": 2}, "", "2 flips"),
        ({}, {"error": None}, "", "inf from PyCaret"),
        ({}, {"warnings": 1}, "", "1 rows with another warning"),
        ({}, {}, "no label", "inf from PyCaret"),
        ({}, {}, "refuses", ""),
        ({}, {}, "takes anything", ""),
    ],
)
def test_what_differs_inside_or_outside_is_in_the_last_line(
    tmp_path: Path, cells: dict[str, Any], rows: dict[str, Any], how: str, said: str | None
) -> None:
    source = read_source(proven.regression(tmp_path))
    golden, columns = json.loads(source.golden), json.loads(source.cases)["columns"]
    inside = {
        "runtime": "here",
        "cells": {"count": sum(len(each["cases"]) for each in columns), "wrong": [], **cells},
        "rows": {"count": 6, "flips": 0, "error": 0.0, "graph_error": 0.0, **rows},
    }
    (tmp_path / verifier.ZIP).touch()
    fake = FakeFunction(inside, golden, how)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(verifier, "HERE", tmp_path)
        patch.setattr(verifier, "run_function", lambda *_: nullcontext(fake))
        code = verifier.verify_unpacked(tmp_path, ())
    found = "; ".join(find_differences(read_proof(printed.getvalue()), source))
    assert code == (0 if said is None else 5)
    assert bool(found) is bool(said)
    assert (said or "") in found
