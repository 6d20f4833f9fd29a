"""Boxes and connections are those of the graph."""

from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from pipeline.manifest.columns import Input
from pipeline.report.graph_diagram import LARGEST, NAMES, build_diagram
from pipeline.track.training_result import Converted
from tests.report.graphs import OUTPUT, chain


def test_a_tree_is_as_large_as_scikit_learn_says(penguins: Converted) -> None:
    model, manifest = penguins.model.conversion.model, penguins.model.manifest
    tree = penguins.trained.pipeline.steps[-1][1].tree_
    boxes = build_diagram(model, manifest.inputs, manifest.outputs).boxes
    (lines,) = [box.lines for box in boxes if box.kind == "model"]
    leaves = int(tree.n_leaves)
    assert lines[:3] == ("1 tree", f"{tree.node_count - leaves} splits", f"{leaves} leaves")


def test_every_edge_of_the_graph_is_drawn(penguins: Converted) -> None:
    model, manifest = penguins.model.conversion.model, penguins.model.manifest
    content = build_diagram(model, manifest.inputs, manifest.outputs)
    names = [box.title for box in content.boxes]
    drawn = {(names[a], names[b]) for a, b in content.edges}
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        for name in node.input:
            if name in makers:
                assert (makers[name].op_type, node.op_type) in drawn


def test_columns_that_go_the_same_way_share_a_box() -> None:
    inputs = tuple(Input(f"x{i}", "number") for i in range(NAMES + 5))
    node = helper.make_node("Sum", [i.name for i in inputs], ["prediction_label"])
    values = [
        helper.make_tensor_value_info(n, TensorProto.DOUBLE, None)
        for n in (*(i.name for i in inputs), "prediction_label")
    ]
    model = helper.make_model(helper.make_graph([node], "sum", values[:-1], values[-1:]))
    box = build_diagram(model, inputs, OUTPUT).boxes[0]
    assert box.title == f"number × {NAMES + 5}"
    assert box.lines == (*(f"x{i}" for i in range(NAMES)), "and 5 more")
    assert f"x{NAMES + 4}" in box.hover


def test_what_a_graph_inside_a_node_reads_is_connected() -> None:
    inner = helper.make_graph(
        [helper.make_node("Identity", ["age"], ["same"])],
        "inner",
        [],
        [helper.make_tensor_value_info("same", TensorProto.DOUBLE, None)],
    )
    node = helper.make_node(
        "If", ["yes"], ["prediction_label"], then_branch=inner, else_branch=inner
    )
    values = [
        helper.make_tensor_value_info("age", TensorProto.DOUBLE, None),
        helper.make_tensor_value_info("yes", TensorProto.BOOL, None),
        helper.make_tensor_value_info("prediction_label", TensorProto.DOUBLE, None),
    ]
    model = helper.make_model(helper.make_graph([node], "outer", values[:2], values[2:]))
    content = build_diagram(model, (Input("age", "number"), Input("yes", "boolean")), OUTPUT)
    assert content.edges == ((0, 2), (1, 2), (2, 3))
    assert "2 nodes inside" in content.boxes[2].lines


@pytest.mark.parametrize(("nodes", "boxes"), [(LARGEST, LARGEST + 2), (LARGEST + 1, 3)])
def test_a_huge_graph_becomes_a_count_of_its_operators(nodes: int, boxes: int) -> None:
    content = build_diagram(chain(nodes), (Input("age", "number"),), OUTPUT)
    assert len(content.boxes) == boxes
    if boxes == 3:
        assert content.boxes[1].lines == (f"Neg × {nodes}",)
