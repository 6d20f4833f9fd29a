"""Which onnxruntime a graph needs at least."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.subgraph import OPSET
from pipeline.export.oldest_onnxruntime import SINCE_OPSET, find_oldest_onnxruntime

BEFORE = {"1.18": "1.17.3", "1.21": "1.20.1"}
"""The last release that came before, by the one that is found."""


def stump() -> onnx.NodeProto:
    """One split at 0.5."""
    number = {"data_type": TensorProto.DOUBLE, "dims": [1]}
    return helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        tree_roots=[0],
        nodes_featureids=[0],
        nodes_splits=helper.make_tensor("splits", **number, vals=[0.5]),
        nodes_modes=helper.make_tensor("modes", TensorProto.UINT8, [1], [0]),
        nodes_truenodeids=[0],
        nodes_falsenodeids=[1],
        nodes_trueleafs=[1],
        nodes_falseleafs=[1],
        leaf_targetids=[0, 0],
        leaf_weights=helper.make_tensor("w", TensorProto.DOUBLE, [2], [1.0, 2.0]),
    )


def model(*nodes: onnx.NodeProto) -> onnx.ModelProto:
    """A graph of x (N, 1) to y (N, 1), as the converters' own has opsets and version."""
    x, y = (helper.make_tensor_value_info(k, TensorProto.DOUBLE, ["N", 1]) for k in "xy")
    found = Graph().model({})
    found.graph.CopyFrom(helper.make_graph(nodes, "g", [x], [y]))
    return found


NEGATED = helper.make_node("Neg", ["x"], ["y"])
CASES = {"1.18": (NEGATED,), "1.21": (stump(),)}


@pytest.mark.parametrize("least", CASES)
def test_what_a_graph_needs_is_found_in_its_operators(least: str) -> None:
    assert find_oldest_onnxruntime(model(*CASES[least])) == least


def test_a_tree_inside_a_subgraph_counts() -> None:
    inner = stump()
    inner.input[0] = "x"
    y = helper.make_tensor_value_info("y", TensorProto.DOUBLE, None)
    branch = helper.make_graph([inner], "branch", [], [y])
    other = helper.make_graph([NEGATED], "other", [], [y])
    nodes = [
        helper.make_node("Constant", [], ["always"], value_ints=[1]),
        helper.make_node("Cast", ["always"], ["is"], to=TensorProto.BOOL),
        helper.make_node("If", ["is"], ["y"], then_branch=branch, else_branch=other),
    ]
    assert find_oldest_onnxruntime(model(*nodes)) == "1.21"


def test_the_converters_opset_has_been_tried() -> None:
    assert OPSET in SINCE_OPSET


@pytest.mark.long
@pytest.mark.parametrize("least", CASES)
def test_that_release_runs_it_and_the_one_before_does_not(tmp_path: Path, least: str) -> None:
    proto = model(*CASES[least])
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    before = run_there(tmp_path, BEFORE[least])
    assert before.returncode != 0
    assert "ONNXRuntimeError" in before.stderr
    found = run_there(tmp_path, f"{least}.0")
    assert found.returncode == 0, found.stderr
    (expected,) = ReferenceEvaluator(proto).run(None, {"x": np.array([[0.0], [1.0]])})
    assert json.loads(found.stdout) == expected.tolist()


def run_there(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Run the folder's model with a release of onnxruntime that is installed beside it."""
    place = folder / version
    install = (*("-m", "pip", "install", "-q", "--no-deps"), f"onnxruntime=={version}")
    subprocess.run([sys.executable, *install, "--target", str(place)], check=True)
    code = f"""
import sys; sys.path.insert(0, {str(place)!r})
import json, numpy as np, onnxruntime
assert onnxruntime.__version__ == {version!r}
session = onnxruntime.InferenceSession({str(folder / "model.onnx")!r})
print(json.dumps(session.run(None, {{"x": np.array([[0.0], [1.0]])}})[0].tolist()))
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
