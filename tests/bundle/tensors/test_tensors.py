"""Bundles of graphs that take tensors: answers, proof, and what they refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.run import adopt
from pipeline.bundle.model_files import TensorSource, read_tensor_source
from pipeline.bundle.tensors import RENDERERS
from pipeline.bundle.write import write_bundle, write_every_bundle
from pipeline.errors import DataError
from tests.adopt.graphs import ROWS, make_classifier, predict_scores
from tests.bundle.languages import blocks, change, seal
from tests.commands import needed

LABELS = ("setosa", "versicolor", "virginica")
VERIFY = {"python": [sys.executable, "verify.py"], "node": ["node", "verify.mjs"]}
LANGUAGES = ["python", pytest.param("node", marks=pytest.mark.long)]


def make_mixed() -> onnx.ModelProto:
    """A graph of every kind of input: its floats doubled, the rest as it is."""
    kinds = {
        "floats": TensorProto.DOUBLE,
        "wholes": TensorProto.INT64,
        "flags": TensorProto.BOOL,
        "bytes": TensorProto.UINT8,
        "texts": TensorProto.STRING,
    }
    nodes = [helper.make_node("Add", ["floats", "floats"], ["floats_out"])]
    nodes += [
        helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds if name != "floats"
    ]
    values = [
        [helper.make_tensor_value_info(f"{k}{end}", v, ["N", 2]) for k, v in kinds.items()]
        for end in ("", "_out")
    ]
    graph = helper.make_graph(nodes, "g", *values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def predict_mixed(feeds: Any) -> Any:
    return {f"{k}_out": v + v if k == "floats" else v for k, v in feeds.items()}


MIXED = {
    "floats": np.array([[1.5, np.nan], [0.1, -0.0], [5e-324, 1e300]]),
    "wholes": np.array([[2**62, -(2**63)], [0, 1], [9007199254740993, 2]]),
    "flags": np.array([[True, False], [False, False], [True, True]]),
    "bytes": np.array([[0, 255], [1, 2], [3, 4]], np.uint8),
    "texts": np.array([["", "ü"], ["a b", '"'], ["x", "\n"]]),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TensorSource]:
    place = tmp_path_factory.mktemp("adopted")
    classifier = OnnxFile(make_classifier(), predict_scores)
    adopt(classifier, ROWS, "iris", place / "iris", labels=LABELS)
    adopt(OnnxFile(make_mixed(), predict_mixed), MIXED, "mixed", place / "mixed")
    found = {n: read_tensor_source(place / n / "onnx" / "model.onnx") for n in ("iris", "mixed")}
    assert None not in found.values()
    return {name: source for name, source in found.items() if source is not None}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, sources: dict[str, TensorSource]) -> Path:
    """node_modules, installed once by the README's line."""
    folder = tmp_path_factory.mktemp("packages") / "node"
    write_bundle(sources["iris"], "node", folder)
    run(folder, [needed(shutil.which("npm"), "npm"), "install"])
    return folder / "node_modules"


@pytest.fixture
def bundles(request: pytest.FixtureRequest, sources: Any, tmp_path: Path) -> Any:
    def build(name: str, language: str) -> Path:
        folder = tmp_path / f"{name}-{language}"
        write_bundle(sources[name], language, folder)
        if language == "node":
            (folder / "node_modules").symlink_to(request.getfixturevalue("packages"))
        return folder

    return build


def run(folder: Path, command: list[str], code: int = 0) -> str:
    """What a command in the folder prints, where it ends as expected."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["iris", "mixed"])
def test_the_proof_holds_there(bundles: Any, name: str, language: str) -> None:
    found = json.loads(run(bundles(name, language), [*VERIFY[language], "--measure"]))
    assert (found["rows"]["outside"], found["rows"]["flips"]) == (0, 0)
    assert found["rows"]["count"] >= 3
    assert found["speed"]["row_us"] > 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", ["changed", "gone", "unlisted"])
@pytest.mark.parametrize("file", ["model.onnx", "manifest.json", "golden.json"])
def test_a_file_that_was_changed_is_refused(
    bundles: Any, language: str, file: str, how: str
) -> None:
    folder = bundles("iris", language)
    change(folder, file, how)
    assert file in run(folder, VERIFY[language], code=3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "output"), [("iris", "scores"), ("mixed", "wholes_out")])
def test_another_answer_ends_with_5(bundles: Any, language: str, name: str, output: str) -> None:
    folder = bundles(name, language)
    golden = json.loads((folder / "golden.json").read_text())
    golden["outputs"][output]["values"][1][1] += 1
    (folder / "golden.json").write_text(json.dumps(golden))
    seal(folder)
    said = run(folder, VERIFY[language], code=5).splitlines()[0]  # onnxruntime may warn below
    assert json.loads(said)["rows"]["outside"] > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readmes_example_gives_the_models_labels(bundles: Any, language: str) -> None:
    folder = bundles("iris", language)
    (code,) = blocks(folder, {"python": "python", "node": "js"}[language])
    file = {"python": "example.py", "node": "example.mjs"}[language]
    (folder / file).write_text(code)
    said = run(folder, [VERIFY[language][0], file])
    best = predict_scores({"x": ROWS})["scores"].argmax(axis=1)[:8]
    assert json.loads("".join(said.split()).replace("'", '"')) == [LABELS[k] for k in best]


WRONG_IN_NODE = """
import {{ Scorer }} from "./scorer.mjs";
const scorer = await Scorer.open();
await scorer.predict({feeds}).then(() => process.exit(0), (error) => {{
  console.error(error.message);
  process.exit(7);
}});
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("feeds", "expected"),
    [
        ("{}", "expected x"),
        ("{ y: 1, x: 1 }", "got the inputs y,x"),
        ("{ x: { data: new Float32Array(4), dims: [4] } }", "got dims [4]"),
        ("{ x: { data: new Float32Array(3), dims: [1, 4] } }", "got 3 values"),
        ("{ x: { data: new Float64Array(4), dims: [1, 4] } }", "expected Float32Array"),
        ("{ x: { data: [1, 2, 3, 4], dims: [1, 4] } }", "expected Float32Array"),
    ],
)
def test_feeds_that_do_not_fit_are_refused_in_node(bundles: Any, feeds: str, expected: str) -> None:
    folder = bundles("iris", "node")
    (folder / "wrong.mjs").write_text(WRONG_IN_NODE.format(feeds=feeds))
    assert expected in run(folder, ["node", "wrong.mjs"], code=7)


@pytest.mark.long
def test_nul_in_a_text_is_refused_in_node(bundles: Any) -> None:
    folder = bundles("mixed", "node")
    code = """
    import { readFileSync } from "node:fs";
    import { Scorer, readTensor } from "./scorer.mjs";
    const golden = Object.entries(JSON.parse(readFileSync("golden.json", "utf8")).inputs);
    const feeds = Object.fromEntries(golden.map(([name, entry]) => [name, readTensor(entry)]));
    feeds.texts.data[0] = "x\\0y";
    const scorer = await Scorer.open();
    await scorer.predict(feeds).catch((error) => console.log(error.message));
    """
    (folder / "nul.mjs").write_text(code)
    assert "texts: got a text with NUL" in run(folder, ["node", "nul.mjs"])


WRONG_IN_PYTHON = """
import sys
import numpy as np
from scorer import Scorer
try:
    Scorer().predict({feeds})
except ValueError as err:
    print(err)
    sys.exit(7)
"""


@pytest.mark.parametrize(
    ("feeds", "expected"),
    [
        ("{}", "expected ['x']"),
        ("{'x': np.zeros((1, 4))}", "expected float32"),
        ("{'x': np.zeros(4, np.float32)}", "got shape [4]"),
        ("{'x': np.zeros((1, 5), np.float32)}", "got shape [1, 5]"),
    ],
)
def test_feeds_that_do_not_fit_are_refused_in_python(
    bundles: Any, feeds: str, expected: str
) -> None:
    folder = bundles("iris", "python")
    (folder / "wrong.py").write_text(WRONG_IN_PYTHON.format(feeds=feeds))
    assert expected in run(folder, [sys.executable, "wrong.py"], code=7)


def test_the_folder_for_arm64_is_that_of_python_with_its_wheels(bundles: Any) -> None:
    folder = bundles("iris", "arm64")
    assert "aarch64" in (folder / "requirements.txt").read_text()
    run(folder, VERIFY["python"])


def test_a_runtime_without_such_a_bundle_says_so(sources: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected one of python, node, arm64"):
        write_bundle(sources["iris"], "java", tmp_path / "java")
    assert not (tmp_path / "java").exists()
    refusals = write_every_bundle(sources["iris"], tmp_path / "all")
    assert {name for name, why in refusals.items() if not why} == set(RENDERERS)
