"""What the check found is said in sentences, the worst first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.report import findings
from pipeline.track.training_result import Converted


def said(evidence: Converted, **summary: float) -> dict[str, str]:
    parity = replace(evidence.parity, summary={**evidence.parity.summary, **summary})
    return {f.title: f.text for f in findings.collect_findings(replace(evidence, parity=parity))}


@pytest.mark.parametrize("key", findings.EXCUSED)
def test_rows_that_do_not_count_are_counted_and_explained(insurance: Converted, key: str) -> None:
    title = findings.EXCUSED[key][1]
    assert key in insurance.parity.summary
    assert title not in said(insurance, **{key: 0})
    assert "1 row " in said(insurance, **{key: 1})[title]
    assert "1,234 rows " in said(insurance, **{key: 1234})[title]


def test_bad_findings_come_before_careful_ones_and_notes(insurance: Converted) -> None:
    parity = replace(
        insurance.parity, passed=False, summary={**insurance.parity.summary, "ties": 3}
    )
    levels = [f.level for f in findings.collect_findings(replace(insurance, parity=parity))]
    assert levels == sorted(levels, key=("bad", "careful", "note").index)
    assert {"bad", "careful", "note"} == set(levels)


def test_failed_models_tuning_and_unfinished_models_are_said(insurance: Converted) -> None:
    broken = replace(insurance.trained.candidates[-1], failed=True, name="Some Model")
    trained = replace(insurance.trained, candidates=(insurance.trained.candidates[0], broken))
    config = TrainConfig(dataset="insurance", tune={}, finalize=False)
    found = said(replace(insurance, trained=trained, config=config))
    assert found["models that failed"] == "Not compared: Some Model."
    assert "went through [tune]" in found["composed"]
    assert "not on the holdout" in found["fitted on"]


def test_notes_of_the_conversion_are_passed_on(insurance: Converted) -> None:
    manifest = replace(insurance.model.manifest, notes=("a thing to know",))
    model = replace(insurance.model, manifest=manifest)
    assert said(replace(insurance, model=model))["conversion"] == "a thing to know"
