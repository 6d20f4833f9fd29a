from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper, numpy_helper

from pipeline.adopt.verify import BOUNDS, RATIO, Bound, count_flips, measure_error, verify_graph
from pipeline.errors import UsageError
from pipeline.manifest.tensors import Tensor
from tests.adopt.graphs import (
    ROWS,
    SERIES,
    make_classifier,
    make_mean_over_length,
    predict_mean,
    predict_scores,
)

OUTER = Bound(1e-3, 1e-5)
INPUTS = (Tensor("x", "float32", ("batch", 4)),)
VALUES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 4)),
    elements=st.floats(width=32, allow_infinity=True, allow_nan=True),
)


def verify(predict: Any, graph: Any = None) -> Any:
    model = (graph or make_classifier()).SerializeToString()
    return verify_graph(model, predict, INPUTS, {"x": ROWS}, OUTER)


def test_a_graph_that_answers_alike_passes_within_float32() -> None:
    proof = verify(predict_scores)
    assert proof.passed
    assert 0 < proof.rtol <= 1e-5
    assert {each.rows for each in proof.comparisons} >= {1, 2, 7, 12, 257}


def test_other_lengths_are_compared() -> None:
    proof = verify_graph(
        make_mean_over_length().SerializeToString(),
        predict_mean,
        (Tensor("x", "float32", ("batch", "length", 4)),),
        {"x": SERIES},
        OUTER,
    )
    assert proof.passed
    assert "length of 12" in {each.case for each in proof.comparisons}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda scores: scores + np.float32(0.01), ""),
        (lambda scores: np.roll(scores, 1, axis=1), "shifted by one"),
        (lambda scores: np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), "softmax"),
    ],
)
def test_a_graph_that_answers_otherwise_fails_and_says_what_explains_it(
    change: Any, expected: str
) -> None:
    proof = verify(lambda feeds: {"scores": change(predict_scores(feeds)["scores"])})
    assert not proof.passed
    assert expected in proof.text


def test_a_model_that_answers_at_random_is_said_to() -> None:
    generator = np.random.default_rng(0)

    def predict(feeds: Any) -> Any:
        scores = predict_scores(feeds)["scores"]
        return {"scores": scores + generator.normal(0, 1e-6, scores.shape).astype(np.float32)}

    assert "differs" in verify(predict).warnings[0]


def test_what_the_model_itself_refuses_is_not_compared() -> None:
    def predict(feeds: Any) -> Any:
        if len(feeds["x"]) == 7:
            raise UsageError("not seven")
        return predict_scores(feeds)

    proof = verify(predict)
    assert [each.refused for each in proof.comparisons if each.rows == 7] == ["not seven"]
    assert proof.passed
    assert "no batch of 7" in proof.warnings[0]


@given(VALUES, st.data())
def test_the_tightest_bound_holds_and_is_numpys(want: Any, data: Any) -> None:
    noise = data.draw(hnp.arrays(np.float32, want.shape, elements=st.floats(-1, 1, width=32)))
    with np.errstate(all="ignore"):
        got = (want * (1 + noise * np.float32(1e-4))).astype(np.float32)
    _, tightest = measure_error({"y": got}, {"y": want})
    for rtol in BOUNDS:
        try:
            np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol / RATIO)
            holds = True
        except AssertionError:
            holds = False
        assert holds == (rtol >= tightest)


def test_a_flip_beyond_the_bound_counts_and_a_tie_does_not() -> None:
    want = np.array([[0.5, 0.5 - 1e-6], [0.6, 0.4]], np.float32)
    assert count_flips({"y": want[:, ::-1]}, {"y": want}, OUTER) == (1, 1)
    assert count_flips({"y": want}, {"y": want}, OUTER) == (0, 0)


def test_one_row_is_enough_to_see_that_rows_are_mixed() -> None:
    nodes = [
        helper.make_node("Gather", ["x", "first"], ["row"], axis=0),
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Expand", ["row", "shape"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(np.array([0]), "first")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    data = model.SerializeToString()
    proof = verify_graph(data, lambda feeds: {"y": feeds["x"]}, INPUTS, {"x": ROWS[:1]}, OUTER)
    assert not proof.passed
