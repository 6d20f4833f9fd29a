"""A graph answers as it did in its training, or the finding says by how much it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.doctor import golden_answers
from pipeline.runtime.scorer import Scorer
from tests import small_models


@pytest.mark.parametrize("shift", [0.0, 1e-6])
def test_golden_rows_of_a_classifier_compare_labels_and_scores(
    tmp_path: Path, shift: float
) -> None:
    scorer = Scorer(small_models.classification())
    columns = {"body mass [kg]": [50.0, None, 120.0]}
    answer = scorer.predict(columns)
    expected = {name: values.tolist() for name, values in answer.items()}
    expected["prediction_score"][1][0] += shift
    file = tmp_path / "golden.json"
    golden = {"tolerance": 1e-9, "scale": 1.0, "inputs": columns, "expected": expected}
    file.write_text(json.dumps(golden))
    assert len(list(golden_answers.compare_golden_rows("small", scorer, file))) == (shift > 0)
    expected["prediction_label"][0] = "yes"
    file.write_text(json.dumps(golden))
    (finding,) = golden_answers.compare_golden_rows("small", scorer, file)
    assert "1 of 3 golden rows get another label" in finding.found


def test_a_model_that_needs_a_newer_onnxruntime_or_was_proven_with_another_says_so() -> None:
    from dataclasses import replace

    manifest = Scorer(small_models.regression()).manifest
    assert list(golden_answers.inspect_packages("small", manifest)) == []
    newer = replace(manifest, minimum_onnxruntime="99.0", versions={"onnxruntime": "1.2"})
    problem, note = golden_answers.inspect_packages("small", newer)
    assert (problem.status, note.status) == ("problem", "note")
    assert "99.0" in problem.expected
    assert "instead of 1.2" in note.found
