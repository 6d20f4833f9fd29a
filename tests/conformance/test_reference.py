"""onnx's own evaluator as a runtime, without onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from pipeline.conformance.check import RuntimeVerdict, check_target
from pipeline.conformance.reference import ReferenceScorer, find_foreign_operators
from pipeline.conformance.runtimes import make_reference
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.conformance.stand_ins import source


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_it_answers_as_the_scorer_does(tmp_path: Path, kind: str) -> None:
    if kind == "regression":
        file = proven.regression(tmp_path)
    else:
        file = proven.classification(tmp_path, ("light", "heavy"))
    scorer = Scorer(file)
    columns = {each.name: proven.ROWS[each.name] for each in scorer.manifest.inputs}
    found = ReferenceScorer(onnx.load(str(file)), scorer.manifest).predict(columns)
    for name, expected in scorer.predict(columns).items():
        if expected.dtype == object:
            assert found[name].tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-12)


def test_it_is_verified_as_every_bundle(tmp_path: Path) -> None:
    outcome = check_target(make_reference(), source(tmp_path), limit=120)
    assert outcome.verdict is RuntimeVerdict.passed, (outcome.text, outcome.words)
    assert outcome.proof is not None
    assert outcome.proof.rows.count == len(proven.ROWS["smoker"])
    assert outcome.proof.speed.row_us


def test_operators_beyond_the_standard_are_named() -> None:
    nodes = [
        helper.make_node("Tokenizer", ["x"], ["t"], domain="com.microsoft"),
        helper.make_node("Identity", ["t"], ["y"]),
    ]
    model = helper.make_model(helper.make_graph(nodes, "g", [], []))
    assert find_foreign_operators(model) == ["com.microsoft.Tokenizer"]
