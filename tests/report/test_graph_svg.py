"""The picture shows what is in the graph: its operators, its columns, the size of its trees."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree

import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.manifest import Input, Output
from pipeline.report.graph_diagram import LARGEST, NAMES, build_diagram
from pipeline.report.graph_svg import WIDEST, draw_graph
from pipeline.track.training_result import Converted
from tests import small_models

OUTPUT = (Output("prediction_label", "tensor(double)", ("N",)),)
SVG = "{http://www.w3.org/2000/svg}"


def chain(nodes: int, column: str = "age") -> onnx.ModelProto:
    """age -> Neg -> Neg ... -> prediction_label"""
    names = [column, *(f"t{i}" for i in range(1, nodes)), "prediction_label"]
    made = [helper.make_node("Neg", [a], [b]) for a, b in pairwise(names)]
    shape = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, None) for n in names]
    return helper.make_model(helper.make_graph(made, "chain", [shape[0]], [shape[-1]]))


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_every_node_has_a_box_and_every_column_is_named(insurance: Converted) -> None:
    model, manifest = insurance.model.conversion.model, insurance.model.manifest
    shown = Counter(texts(draw_graph(model, manifest.inputs, manifest.outputs)))
    expected = Counter(node.op_type for node in model.graph.node)
    assert {name: shown[name] for name in expected} == expected
    assert all(shown[column.name] == 1 for column in manifest.inputs)
    assert shown["prediction_label"] == 1


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


def test_a_graph_too_wide_to_look_at_is_summed_up() -> None:
    inputs = tuple(Input(f"column {i}", "text") for i in range(100))
    codes = [f"code {i}" for i in range(100)]
    nodes = [
        helper.make_node("LabelEncoder", [i.name], [code], domain="ai.onnx.ml")
        for i, code in zip(inputs, codes, strict=True)
    ]
    nodes.append(helper.make_node("Concat", codes, ["prediction_label"], axis=1))
    values = [helper.make_tensor_value_info(i.name, TensorProto.STRING, None) for i in inputs]
    output = helper.make_tensor_value_info("prediction_label", TensorProto.DOUBLE, None)
    model = helper.make_model(helper.make_graph(nodes, "wide", values, [output]))
    svg = draw_graph(model, inputs, OUTPUT)
    assert float(ElementTree.fromstring(svg).attrib["width"]) < WIDEST
    assert {"text × 100", "101 operators", "LabelEncoder × 100"} <= set(texts(svg))


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


@pytest.mark.parametrize(
    "name", ["a\x00b\x1f", "<&\"'>", "x" * 500, "長" * 40, "\ud800", "a\u0301"]
)
def test_any_column_name_gives_well_formed_xml(name: str) -> None:
    svg = draw_graph(chain(2, "age"), (Input(name, "number"),), OUTPUT)
    root = ElementTree.fromstring(svg.encode())
    assert len(root.findall(f"{SVG}g")) == 4


def test_a_graph_of_another_maker_can_be_drawn() -> None:
    model = onnx.load_from_string(small_models.regression())
    shown = texts(draw_graph(model, small_models.INPUTS, OUTPUT))
    assert shown.count("LabelEncoder") == 1
    assert "2 keys" in shown


def test_a_zero_row_of_inputs_is_no_problem() -> None:
    assert draw_graph(chain(1), (), OUTPUT).count("<rect") == 3
