"""A whole training before the gate: from memory and from its folder it is the same challenger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config.retrain_config import Gate
from pipeline.gate import holdout
from pipeline.gate.contender import Contender
from pipeline.gate.judge import judge
from pipeline.selection.metric import build_metrics
from pipeline.track.training_result import Converted
from pipeline.train import artifacts
from tests import pictures
from tests.gate.models import check
from tests.report.conftest import trained


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """A tree for three classes, trained on all rows; its folder is written."""
    base = tmp_path_factory.mktemp("gate")
    found = replace(trained(base, dataset="penguins", include=("dt",)), folder=base / "out")
    with pictures.blank():
        artifacts.write_artifacts(found)
    return found


def test_the_folder_says_what_the_memory_says(evidence: Converted) -> None:
    memory, folder = Contender.of_evidence(evidence), Contender.of(evidence.folder)
    assert folder.data == memory.data
    assert folder.seen is not None
    assert memory.seen is not None
    assert (folder.seen.hashes == memory.seen.hashes).all()
    assert folder.seen.columns == memory.seen.columns
    frame = evidence.dataset.frame
    decisions = [
        judge(challenger, champion, frame, build_metrics(evidence), Gate())
        for challenger, champion in ((memory, folder), (folder, memory))
    ]
    for found in decisions:
        assert found.passed
        wanted = evidence.trained.holdout["Accuracy"]  # PyCaret's own, with four digits
        assert round(found.figures["challenger"], 4) == wanted
        assert (found.figures["gain"], found.figures["churn"]) == (0, 0)
        assert "PyCaret's own holdout of" in check(found, "champion").text


def test_a_model_of_all_rows_has_seen_every_row(evidence: Converted, tmp_path: Path) -> None:
    frame = evidence.dataset.frame
    seen = holdout.read_seen_rows(evidence.folder)
    assert seen is not None
    assert (seen.among(frame)).all()
    _, held = holdout.split_holdout(evidence.dataset, 0.2, evidence.config)
    assert not Contender.of(evidence.folder).unseen(held).any()
    assert Contender.of(tmp_path).unseen(held).sum() == 0  # nobody knows
