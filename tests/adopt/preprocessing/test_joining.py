from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.adopt.preprocessing.joining import (
    find_value,
    put_after,
    put_before,
    raise_opset,
    read_dims,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import FLOAT
from pipeline.errors import ConversionError
from tests.adopt.preprocessing.networks import make_classifier, make_network, run_network

INPUT = np.random.default_rng(0).normal(size=(3, 3, 8, 8)).astype(np.float32)


@pytest.mark.parametrize("opset", [11, 13, 15, 17])
def test_an_older_network_scores_as_before_with_newer_operators(opset: int) -> None:
    network = make_classifier(opset)
    helper.set_model_props(network, {"author": "somebody"})
    raised = raise_opset(network, 18)
    assert raised.opset_import[0].version == 18
    assert raised.metadata_props == network.metadata_props
    want, got = (run_network(model, input=INPUT)["scores"] for model in (network, raised))
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_a_newer_network_stays_itself() -> None:
    network = make_classifier(20)
    assert raise_opset(network, 18) is network


def test_operators_that_have_no_newer_form_are_refused_with_the_way_out() -> None:
    # Opset 8's Scan had a batch axis and an input for lengths; the converter knows no way from it.
    node = helper.make_node("Scan", ["", "input"], ["scores"], body=_body(), num_scan_inputs=1)
    info = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (2, 3))
        for name in ("input", "scores")
    ]
    graph = helper.make_graph([node], "old", info[:1], info[1:])
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 8)])
    with pytest.raises(ConversionError) as error:
        raise_opset(network, 18)
    assert "opset 8" in error.value.message
    assert "export it" in error.value.hint


def _body() -> onnx.GraphProto:
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (3,)) for name in "xy"]
    return helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "body", info[:1], info[1:])


def test_parts_at_both_ends_leave_names_and_inner_uses_as_they_are() -> None:
    """The output is used inside too, and a value has the name that the join would have given."""
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["preprocessing/x"]),
        helper.make_node("Neg", ["preprocessing/x"], ["y"]),
        helper.make_node("Abs", ["y"], ["z"]),
    ]
    network = make_network(nodes, {"x": ["batch", 1]}, {"y": ["batch", 1], "z": ["batch", 1]})
    values = np.array([[1.0], [2.0]], dtype=np.float32)
    joined = put_before(network, _shift(3), "x", ("batch", 1))
    joined = put_after(joined, _shift(100), "y", ("batch", 1), {})
    assert [value.name for value in (*joined.graph.input, *joined.graph.output)] == ["x", "y", "z"]
    got = run_network(joined, x=values)
    np.testing.assert_array_equal(got["y"], 100 - (values + 3) ** 2)
    np.testing.assert_array_equal(got["z"], (values + 3) ** 2)
    assert len({node.name for node in joined.graph.node if node.name}) == 4


def _shift(by: float) -> onnx.ModelProto:
    graph = Graph()
    return graph.model({"after": (graph.input("before", FLOAT) + by, ["N", 1])})


def test_a_value_is_found_by_its_name_with_fixed_and_named_axes() -> None:
    (output,) = make_classifier().graph.output
    assert read_dims(output) == ("batch", 3)
    with pytest.raises(ConversionError, match="scores"):
        find_value([output], "logits")
