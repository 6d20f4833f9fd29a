from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.adopt.frameworks.tensorflow_graph import declare, rename_outputs
from pipeline.errors import ConversionError
from pipeline.manifest.tensors import Tensor


def make_graph() -> onnx.ModelProto:
    """y = x + z, its axes named as tf2onnx does, its inputs out of order."""
    axes = ["unk__1", 4]
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, axes) for n in ("z", "x")]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["unk__2", 4])
    node = helper.make_node("Add", ["x", "z"], ["y"])
    return helper.make_model(helper.make_graph([node], "sum", inputs, [output]))


def test_axes_get_our_names_and_inputs_our_order() -> None:
    graph = make_graph()
    inputs = [Tensor(name, "float32", ("batch", 4)) for name in ("x", "z")]
    declare(graph, inputs, {"y": ("batch", 4)})
    onnx.checker.check_model(graph, full_check=True)
    assert [value.name for value in graph.graph.input] == ["x", "z"]
    for value in (*graph.graph.input, *graph.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def test_an_input_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ConversionError, match="x, z"):
        declare(make_graph(), [Tensor("x", "float32", ("batch", 4))], {"y": ("batch", 4)})


def test_an_output_is_renamed_where_it_is_made() -> None:
    graph = make_graph()
    rename_outputs(graph, {"y": "total"})
    onnx.checker.check_model(graph, full_check=True)
    assert graph.graph.output[0].name == graph.graph.node[0].output[0] == "total"
