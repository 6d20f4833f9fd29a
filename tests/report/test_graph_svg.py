"""The picture shows what is in the graph: its operators, its columns, the size of its trees."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.manifest.columns import Input
from pipeline.report.graph_svg import WIDEST, draw_graph
from pipeline.track.training_result import Converted
from tests import small_models
from tests.report.graphs import OUTPUT, chain

SVG = "{http://www.w3.org/2000/svg}"


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
