from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.convert.graph.graph import Graph, iterate_nodes
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from tests.convert.harness import run

ROWS = np.random.default_rng(0).normal(size=(7, 3))
WEIGHTS = np.random.default_rng(1).normal(size=(3, 4))


def _matrix(graph: Graph, width: int = 3) -> Tensor:
    return graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(width)])


def test_a_scalar_factor_beside_a_product_keeps_double_precision() -> None:
    graph = Graph()
    x = _matrix(graph)
    model = graph.model(
        {
            "after": (x @ WEIGHTS * 0.1, ["N", 4]),
            "divided": (x @ WEIGHTS / 3.0, ["N", 4]),
            "before": ((x * 0.1) @ WEIGHTS, ["N", 4]),
        }
    )
    got = run(model, ROWS)
    # 1e-15: sums of three products of size 1. With MatMul onnxruntime would hold the factor in
    # single precision: 1e-8.
    for name, factor in (("after", 0.1), ("divided", 1 / 3), ("before", 0.1)):
        np.testing.assert_allclose(got[name], ROWS @ WEIGHTS * factor, rtol=0, atol=1e-15)


def test_a_spliced_model_keeps_double_precision_behind_a_scaled_column() -> None:
    from sklearn.linear_model import LinearRegression

    from pipeline.convert.estimators.dispatch import convert_estimator
    from pipeline.convert.symbolic.features import Features
    from pipeline.convert.symbolic.outputs import Regression

    column = ROWS[:, :1] * 1000
    estimator = LinearRegression().fit((column - 3.0) * 0.1, ROWS[:, 1])
    graph = Graph()
    scaled = (_matrix(graph, 1) - 3.0) * np.array([[0.1]])
    outcome = convert_estimator(estimator, Features.of(scaled, 1), graph)
    assert isinstance(outcome, Regression)
    got = run(graph.model({"y": (outcome.values, ["N", 1])}), column)["y"].ravel()
    np.testing.assert_allclose(got, estimator.predict((column - 3.0) * 0.1), rtol=1e-13)


def test_scan_applies_a_step_to_every_block() -> None:
    graph = Graph()
    x = _matrix(graph).reshape(-1, 1, 3)
    outer = graph.constant(np.array([[1.0, 2.0, 3.0]]))
    squares = graph.scan(lambda block: block * block + outer, x).reshape(-1, 3)
    got = run(graph.model({"y": (squares, ["N", 3])}), ROWS)["y"]
    np.testing.assert_array_equal(got, ROWS * ROWS + [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(("limit", "expected"), [(3, 8.0), (100, 64.0)])
def test_loop_goes_on_until_its_condition_or_its_limit(limit: int, expected: float) -> None:
    def double(state: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
        (before,) = state
        after = before * 2.0
        largest = after.reduce("ReduceMax", axis=0).reshape(-1).gather(np.int64(0), axis=0)
        return largest < 64.0, [after]

    graph = Graph()
    (doubled,) = graph.loop(double, [graph.input("x0", DOUBLE)], limit)
    got = run(graph.model({"y": (doubled, ["N", 1])}), np.ones((2, 1)))["y"]
    assert got.ravel().tolist() == [expected, expected]


@pytest.mark.parametrize("rows", [0, 2, 3, 7])
def test_either_runs_one_of_two_branches(rows: int) -> None:
    graph = Graph()
    x = _matrix(graph)
    count = graph.op("Shape", x, dtype=INT64, start=0, end=1)
    offset = graph.constant(np.array([[10.0]]))
    chosen = graph.either(count <= 2, x, lambda few: few + offset, lambda many: many * 2.0)
    got = run(graph.model({"y": (chosen, ["N", 3])}), ROWS[:rows])["y"]
    expected = ROWS[:rows] + 10.0 if rows <= 2 else ROWS[:rows] * 2.0
    np.testing.assert_array_equal(got, expected)


def test_nodes_that_no_output_needs_are_left_out() -> None:
    graph = Graph()
    x = graph.input("x0", DOUBLE)
    outer = x.exp()
    x.log()
    outcome = graph.scan(lambda block: block + outer, x.reshape(-1, 1, 1)).reshape(-1)
    model = graph.model({"y": (outcome.cast(INT64), ["N"])})
    kinds = [node.op_type for node in model.graph.node]
    assert "Exp" in kinds  # only the body of the scan reads it
    assert "Log" not in kinds


def test_no_two_nodes_share_a_name_inside_subgraphs_either() -> None:
    graph = Graph()
    x = _matrix(graph)
    rows = graph.op("Shape", x, dtype=INT64, start=0, end=1)
    chosen = graph.either(rows <= 2, x, lambda few: few + 1.0, lambda many: many + 2.0)
    nodes = graph.model({"y": (chosen, ["N", 3])}).graph.node
    names = [node.name for node in iterate_nodes(nodes)]
    assert len(names) > len(nodes)
    assert len(names) == len(set(names) - {""})
