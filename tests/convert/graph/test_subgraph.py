"""Another converter's model in ours: it means the same under other names, or it is refused."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.convert.graph.subgraph import IR_VERSION, ML_OPSET, OPSET, adapt_model
from pipeline.errors import ConversionError

WEIGHTS = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
BIAS = np.array([1.0, -1.0])


def model(*nodes: onnx.NodeProto, ml: int = 3) -> onnx.ModelProto:
    """Nodes from `X`, (N, 3) double, to `Y`."""
    infos = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", width])
        for name, width in (("X", 3), ("Y", None))
    ]
    constants = [numpy_helper.from_array(WEIGHTS, "W"), numpy_helper.from_array(BIAS, "B")]
    graph = helper.make_graph(list(nodes), "other", infos[:1], infos[1:], constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", ml)]
    return helper.make_model(graph, opset_imports=opsets)


PRODUCT = (
    helper.make_node("MatMul", ["X", "W"], ["product"], name="first"),
    helper.make_node("Add", ["product", "B"], ["Y"]),
)


def test_copied_nodes_compute_what_the_model_does() -> None:
    import onnxruntime

    nodes, constants, (answer,) = adapt_model(model(*PRODUCT), {"X": "ours"}, "part/")
    infos = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", width])
        for name, width in (("ours", 3), (answer, 2))
    ]
    whole = helper.make_model(
        helper.make_graph(nodes, "whole", infos[:1], infos[1:], constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    session = onnxruntime.InferenceSession(whole.SerializeToString())
    x = np.random.default_rng(0).normal(size=(5, 3))
    (found,) = session.run(None, {"ours": x})
    np.testing.assert_allclose(found, x @ WEIGHTS + BIAS, rtol=1e-14)


def test_all_names_but_the_inputs_are_under_the_prefix_and_the_model_stays() -> None:
    original = model(*PRODUCT)
    before = original.SerializeToString()
    nodes, constants, outputs = adapt_model(original, {"X": "ours"}, "part/")
    names = {name for node in nodes for name in (*node.input, *node.output)}
    names |= {constant.name for constant in constants}
    assert {name for name in names if not name.startswith("part/")} == {"ours"}
    assert outputs == ("part/Y",)
    assert [node.op_type for node in nodes] == ["Gemm", "Add"]  # see Tensor.__matmul__
    assert original.SerializeToString() == before


def test_a_name_that_is_left_out_stays_left_out() -> None:
    node = helper.make_node("Clip", ["X", "", "B"], ["Y"])
    ((clip,), _, _) = adapt_model(model(node), {"X": "ours"}, "part/")
    assert list(clip.input) == ["ours", "", "part/B"]


@pytest.mark.parametrize(
    ("node", "named"),
    [
        (helper.make_node("Tokenizer", ["X"], ["Y"], domain="com.microsoft"), "com.microsoft.Tok"),
        (helper.make_node("Upsample", ["X", "B"], ["Y"]), "ai.onnx.Upsample"),
        (
            helper.make_node("TreeEnsembleRegressor", ["X"], ["Y"], domain="ai.onnx.ml"),
            "ai.onnx.ml.TreeEnsembleRegressor",
        ),
    ],
)
def test_an_operator_that_our_opsets_do_not_have_is_refused(
    node: onnx.NodeProto, named: str
) -> None:
    with pytest.raises(ConversionError, match=f"ai.onnx.ml {ML_OPSET}, got {named}"):
        adapt_model(model(node), {"X": "ours"}, "part/")
