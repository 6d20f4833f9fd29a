"""A graph's warnings are held against Python's: on the table's rows, and at each limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from pipeline.export.model import OnnxModel, export_model, with_metadata
from pipeline.export.row_warnings import add_row_warnings
from pipeline.export.seal import seal_model
from pipeline.manifest.columns import Known
from pipeline.parity.row_warnings import count_wrong_warnings, expect_masks, make_limit_rows
from pipeline.parity.verify import verify
from pipeline.runtime.frames import list_columns
from pipeline.runtime.masks import WARNS
from pipeline.runtime.scorer import Scorer
from tests import small_models
from tests.bundle.proven import ROWS
from tests.tables import trained


def warning(change: str = "") -> Scorer:
    """A small graph that warns, in which one operator may be another."""
    data = small_models.ruled()
    plain = Scorer(data).manifest
    graph, masks = add_row_warnings(onnx.load_from_string(data), plain.inputs)
    before, _, after = change.partition(" ")
    for node in graph.graph.node:
        if node.op_type == before:
            node.op_type = after
    return Scorer(with_metadata(graph, replace(plain, warnings=masks)))


def test_right_warnings_have_no_failure_and_every_row_is_counted() -> None:
    scorer = warning()
    limits = make_limit_rows(scorer.manifest.inputs, scorer.feeds(ROWS))
    found = count_wrong_warnings(scorer, [ROWS, ROWS])
    assert found == {"warning_rows": 12 + len(limits["smoker"]), "warning_failures": 0}
    assert expect_masks(scorer, ROWS) == {
        name: mask.tolist() for name, mask in scorer.run_masks(scorer.feeds(ROWS)).items()
    }


@pytest.mark.parametrize("change", ["Less LessOrEqual", "Greater GreaterOrEqual", "And Or"])
def test_a_graph_that_warns_otherwise_fails(change: str) -> None:
    assert count_wrong_warnings(warning(change), [ROWS])["warning_failures"] > 0


def test_limits_are_tried_on_both_sides() -> None:
    inputs = small_models.INPUTS[:1]
    inputs = (replace(inputs[0], known=Known(None, -2.0, 5)),)
    rows = make_limit_rows(inputs, {inputs[0].name: np.array([[1.0]])})
    values = rows[inputs[0].name][:, 0].tolist()
    assert {-2.0, float(np.nextafter(-2.0, -9)), 5.0, float(np.nextafter(5.0, 9)), 1.0} < {*values}
    assert np.isnan(values).any()


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "model_id"), [("titanic", "lr"), ("penguins", "dt"), ("everything regression", "lr")]
)
def test_a_trained_model_warns_and_answers_bit_for_bit(data: str, model_id: str) -> None:
    found, table = trained(data, model_id)
    plain, model = export_model(found, table), export_model(found, table, warns=True)
    parity = verify(model, found, table)
    assert parity.passed and parity.summary["warning_failures"] == 0
    assert parity.summary["warning_rows"] > len(table.frame) + 2000
    assert replace(model.manifest, warnings=()) == plain.manifest
    before, after = Scorer(plain.data), Scorer(seal_model(model, parity, None).data)
    rows = list_columns(parity.golden.rows)
    for name, values in before.predict(rows).items():
        assert after.predict(rows)[name].tolist() == values.tolist()
    masks = after.run_masks(after.feeds(rows))
    assert {name: mask.tolist() for name, mask in masks.items()} == parity.golden.warnings
    assert all(any(words) for words in map(np.ravel, masks.values())), WARNS
    reference = ReferenceEvaluator(onnx.load_from_string(model.data))
    for name, mask in zip(masks, reference.run([*masks], after.feeds(rows)), strict=True):
        np.testing.assert_array_equal(mask, masks[name])


@pytest.mark.long
def test_one_wrong_limit_fails_the_verdict() -> None:
    found, table = trained("insurance", "lr")
    model = export_model(found, table, warns=True)
    graph = onnx.ModelProto()
    graph.CopyFrom(model.conversion.model)
    for node in graph.graph.node:
        if node.op_type == "Greater":
            node.op_type = "GreaterOrEqual"
    data = with_metadata(graph, model.manifest)
    wrong = OnnxModel(data, model.manifest, replace(model.conversion, model=graph))
    parity = verify(wrong, found, table)
    assert not parity.passed
    assert "wrong warnings" in parity.text
