"""Graphs as the page's evaluator takes them, and those that it does not."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from pipeline.model_page.graph_json import (
    UnsupportedGraphError,
    encode_array,
    list_operators,
    write_graph,
)
from tests.model_page.evaluator import Evaluator


def test_the_operators_are_those_of_the_table(evaluator: Evaluator) -> None:
    assert list_operators() == set(evaluator.operators)


def test_an_operator_that_the_evaluator_lacks_is_named() -> None:
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", 1]) for name in ("x", "y")
    )
    inner = helper.make_graph([helper.make_node("Erf", ["x"], ["z"])], "inner", [], [y])
    for node in (
        helper.make_node("Erf", ["x"], ["y"]),
        helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner),
    ):
        with pytest.raises(UnsupportedGraphError, match="Erf"):
            write_graph(helper.make_graph([node], "outer", [x], [y]))


def test_a_type_that_the_evaluator_lacks_is_named() -> None:
    with pytest.raises(UnsupportedGraphError, match="float16"):
        encode_array(np.zeros(1, np.float16))
