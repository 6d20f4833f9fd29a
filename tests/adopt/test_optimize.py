from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from pipeline.adopt.optimize import WAYS, optimize_graph, prove_optimized
from pipeline.adopt.verify import Bound
from pipeline.errors import ConversionError, UsageError
from pipeline.manifest.tensors import Tensor

DRAWN = np.random.default_rng(0)
WEIGHTS = DRAWN.normal(size=(64, 5)).astype(np.float32)
INPUT = Tensor("x", "float32", ("batch", 64))
FEEDS = {"x": DRAWN.normal(size=(20, 64)).astype(np.float32)}


def multiply(feeds: Any) -> Any:
    return {"y": feeds["x"] @ WEIGHTS}


@pytest.fixture(scope="module")
def graph() -> bytes:
    value = onnx.helper.make_tensor_value_info
    nodes = [
        onnx.helper.make_node("Identity", ["x"], ["same"], name="same"),
        onnx.helper.make_node("MatMul", ["same", "w"], ["y"], name="product"),
    ]
    ends = [value(n, onnx.TensorProto.FLOAT, ["batch", k]) for n, k in (("x", 64), ("y", 5))]
    weights = [onnx.numpy_helper.from_array(WEIGHTS, "w")]
    made = onnx.helper.make_graph(nodes, "product", ends[:1], ends[1:], weights)
    opsets = [onnx.helper.make_opsetid("", 17)]
    data: bytes = onnx.helper.make_model(
        made, opset_imports=opsets, ir_version=8
    ).SerializeToString()
    return data


def prove(graph: bytes, way: str, bound: Bound) -> Any:
    return prove_optimized(graph, way, multiply, ([INPUT], FEEDS), bound)


def test_folding_leaves_standard_operators_and_every_answer(graph: bytes) -> None:
    found = prove(graph, "fold", Bound(1e-3, 1e-5))
    assert found.admitted, found.text
    folded = onnx.load_from_string(found.data)
    assert [each.domain for each in folded.opset_import] == [""]
    nodes = folded.graph.node
    assert [(node.domain, node.op_type) for node in nodes] == [("", "MatMul")]


@pytest.mark.parametrize("way", ["fp16", "int8"])
def test_what_loses_digits_is_admitted_by_its_own_bound_alone(graph: bytes, way: str) -> None:
    tight = prove(graph, way, Bound(1e-7, 1e-9))
    assert not tight.admitted
    assert "not admitted" in tight.text
    assert len(tight.data) != len(graph)
    error = max(each.error for each in tight.proof.comparisons if each.case == "sample")
    assert 0 < error < 1


def test_halves_are_smaller_and_keep_the_types_of_both_ends(graph: bytes) -> None:
    halved = onnx.load_from_string(optimize_graph(graph, "fp16"))
    ends = [*halved.graph.input, *halved.graph.output]
    assert {end.type.tensor_type.elem_type for end in ends} == {onnx.TensorProto.FLOAT}
    assert len(halved.SerializeToString()) < len(graph)


def test_an_unknown_way_and_a_damaged_graph_are_refused(graph: bytes) -> None:
    with pytest.raises(UsageError, match="fold, fp16, int8"):
        optimize_graph(graph, "faster")
    for way in WAYS:
        with pytest.raises(ConversionError, match=way):
            optimize_graph(b"no graph", way)
