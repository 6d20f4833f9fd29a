"""The page's evaluator beside onnxruntime: operators with hostile values, and whole graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, INT64, Tensor
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.model_page.evaluator import Evaluator, assert_same, onnxruntime_answers

HOSTILE = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-300, 1e300, -1e17, 2.0**53, np.nan, np.inf, -np.inf]
INTEGERS = [0, 1, -1, 7, -7, 86_400 * 10**9, -(86_400 * 10**9) - 1, 2**62, -(2**63), 2**63 - 1]
UNARY = ("Abs", "Ceil", "Exp", "Floor", "Identity", "IsInf", "IsNaN", "Log", "Neg", "Relu")
UNARY += ("Sigmoid", "Sign", "Sqrt", "Tanh")
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Equal", "Greater", "Less")
BINARY += ("GreaterOrEqual", "LessOrEqual")
REDUCED = ("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceSumSquare")


def model(
    op: str, feeds: Mapping[str, NDArray[Any]], outputs: Mapping[str, int], **attributes: Any
) -> onnx.ModelProto:
    """One node, its inputs those of the model."""
    domain = str(attributes.pop("domain", ""))
    node = helper.make_node(op, [*feeds], [*outputs], domain=domain, **attributes)
    infos = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), [None] * value.ndim
        )
        for name, value in feeds.items()
    ]
    answers = [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()]
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    graph = helper.make_graph([node], "one", infos, answers)
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def compare(
    evaluator: Evaluator,
    op: str,
    feeds: Mapping[str, NDArray[Any]],
    kind: int = TensorProto.DOUBLE,
    **attributes: Any,
) -> None:
    one = model(op, feeds, {"y": kind}, **attributes)
    assert_same(evaluator.run(one, feeds), onnxruntime_answers(one, feeds))


@pytest.mark.parametrize("op", [op for op in UNARY if op != "Ceil"])
def test_functions_of_one_number(evaluator: Evaluator, op: str) -> None:
    kind = TensorProto.BOOL if op.startswith("Is") else TensorProto.DOUBLE
    compare(evaluator, op, {"x": np.array(HOSTILE)}, kind)


@pytest.mark.parametrize("op", BINARY)
def test_functions_of_two_numbers_of_any_shape(evaluator: Evaluator, op: str) -> None:
    is_logical = op.startswith(("Equal", "Greater", "Less"))
    kind = TensorProto.BOOL if is_logical else TensorProto.DOUBLE
    values = np.array(HOSTILE)
    compare(evaluator, op, {"a": values[:, None], "b": values[None, :]}, kind)
    compare(evaluator, op, {"a": values.reshape(1, -1, 1), "b": values[:3, None, None]}, kind)


@given(
    a=st.lists(st.sampled_from(INTEGERS), min_size=1, max_size=5),
    b=st.integers(-(2**40), 2**40).filter(lambda value: value not in (0, -1)),
)
@settings(max_examples=30)
@example(a=[-7, 7], b=-2)
def test_integers_are_divided_as_a_processor_does(
    evaluator: Evaluator, a: list[int], b: int
) -> None:
    feeds = {"a": np.array(a), "b": np.array([b])}
    for op in ("Div", "Mod", "Mul", "Add", "Sub"):
        compare(evaluator, op, feeds, TensorProto.INT64)


@pytest.mark.parametrize("to", [DOUBLE, FLOAT, INT64, np.dtype(np.int32), BOOL])
def test_casts_of_numbers(evaluator: Evaluator, to: np.dtype[Any]) -> None:
    code = helper.np_dtype_to_tensor_dtype(to)
    compare(evaluator, "Cast", {"x": np.array(HOSTILE)}, code, to=code)
    within = np.array([value for value in INTEGERS if abs(value) < 2**62])
    compare(evaluator, "Cast", {"x": within}, code, to=code)


@pytest.mark.parametrize("op", REDUCED)
@pytest.mark.parametrize("keepdims", [0, 1])
def test_reductions(evaluator: Evaluator, op: str, keepdims: int) -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5))
    for axes in ([1], [0, 2], [-1]):
        feeds = {"x": values, "axes": np.array(axes)}
        compare(evaluator, op, feeds, keepdims=keepdims)


@given(
    rows=st.lists(
        st.lists(st.sampled_from([*HOSTILE, 0.1, 3.0]), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=30)
def test_trees_take_every_number_where_onnxruntime_takes_it(
    evaluator: Evaluator, rows: list[list[float]]
) -> None:
    tree: dict[str, Any] = {
        "nodes_splits": numpy_helper.from_array(np.array([0.5, -1.0, 0.0, 0.0])),
        "nodes_featureids": [0, 1, 2, 2],
        "nodes_modes": numpy_helper.from_array(np.array([0, 1, 6, 0], np.uint8)),
        "nodes_truenodeids": [1, 0, 1, 3],
        "nodes_falsenodeids": [2, 2, 3, 4],
        "nodes_trueleafs": [0, 1, 1, 1],
        "nodes_falseleafs": [0, 1, 1, 1],
        "tree_roots": [0, 3],
        "membership_values": numpy_helper.from_array(np.array([0.0, 3.0, np.nan])),
        "nodes_missing_value_tracks_true": [1, 0, 0, 1],
        "leaf_targetids": [0, 0, 1, 0, 1],
        "leaf_weights": numpy_helper.from_array(np.array([0.1, 0.2, 0.4, 0.8, 1.6])),
        "n_targets": 2,
        "aggregate_function": 1,
        "post_transform": 0,
    }
    compare(evaluator, "TreeEnsemble", {"x": np.array(rows)}, domain="ai.onnx.ml", **tree)


def built(compute: Callable[[Tensor], Tensor], width: int = 3) -> onnx.ModelProto:
    graph = Graph()
    return graph.model({"y": (compute(graph.input("x", DOUBLE)), [None] * width)})


def test_shapes_move_as_in_onnxruntime(evaluator: Evaluator) -> None:
    def compute(x: Tensor) -> Tensor:
        graph = x.graph
        cube = graph.op("Reshape", x, graph.constant(np.array([2, 3, 4])), dtype=DOUBLE)
        turned = graph.op("Transpose", cube, dtype=DOUBLE, perm=[2, 0, 1])
        ends = [graph.constant(np.array(each)) for each in ([3, 0], [0, 2], [0, 2], [-1, 1])]
        part = graph.op("Slice", turned, *ends, dtype=DOUBLE)
        padding = graph.constant(np.array([1, 0, 0, 0, 0, 2]))
        padded = graph.op("Pad", part, padding, graph.constant(np.array(7.0)), dtype=DOUBLE)
        doubled = graph.concat([padded, padded * 2.0], axis=1)
        return graph.op("CumSum", doubled, graph.constant(np.array(1)), dtype=DOUBLE, reverse=1)

    one = built(compute)
    feeds = {"x": np.arange(24.0).reshape(24, 1)}
    assert_same(evaluator.run(one, feeds), onnxruntime_answers(one, feeds))


def test_ties_go_to_the_first(evaluator: Evaluator) -> None:
    values = np.array([[2.0, 5.0, 5.0, 1.0], [3.0, 3.0, 3.0, 3.0]])
    compare(evaluator, "ArgMax", {"x": values}, TensorProto.INT64, axis=1, keepdims=0)
    one = model(
        "TopK",
        {"x": values, "k": np.array([3])},
        {"values": TensorProto.DOUBLE, "places": TensorProto.INT64},
        axis=1,
    )
    feeds = {"x": values, "k": np.array([3])}
    assert_same(evaluator.run(one, feeds), onnxruntime_answers(one, feeds))


def test_sums_of_products_are_those_of_a_processor_with_fma(evaluator: Evaluator) -> None:
    """Where terms cancel, every digit of the rounding shows."""
    random = np.random.default_rng(0)
    left = random.normal(size=(4, 100)) * 10.0 ** random.integers(-8, 8, (4, 100))
    right = random.normal(size=(100, 2))
    for kind in (np.float64, np.float32):
        feeds = {"a": left.astype(kind), "b": right.astype(kind)}
        one = model("Gemm", feeds, {"y": helper.np_dtype_to_tensor_dtype(np.dtype(kind))})
        found, wanted = evaluator.run(one, feeds)["y"], onnxruntime_answers(one, feeds)["y"]
        np.testing.assert_allclose(found, wanted, rtol=4 * np.finfo(kind).eps)


@pytest.mark.parametrize("kind", ["regression", "text labels", "integer labels"])
def test_a_whole_model_answers_as_in_python(
    evaluator: Evaluator, tmp_path: Path, kind: str
) -> None:
    labels: dict[str, Any] = {"text labels": ("no", "yes"), "integer labels": (0, 1, 2)}
    file = (
        proven.classification(tmp_path, labels[kind])
        if kind in labels
        else proven.regression(tmp_path)
    )
    scorer = Scorer(file)
    feeds = scorer.feeds({each.name: proven.ROWS[each.name] for each in scorer.manifest.inputs})
    assert_same(evaluator.run(onnx.load(file), feeds), scorer.run(feeds), bound=0.0)
