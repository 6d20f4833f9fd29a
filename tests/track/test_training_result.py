"""What a training has shown, with a graph and without one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.runtime.integrity import ONNX_SHA256
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import TrainingResult, to_verdict
from tests import tracked


@pytest.mark.parametrize(
    ("parity", "verdict"), [(tracked.PASSED, "pass"), (tracked.FAILED, "fail")]
)
def test_a_graph_has_the_verdict_of_its_proof(
    tmp_path: Path, parity: tracked.Parity, verdict: str
) -> None:
    found = tracked.evidence(tmp_path, parity)
    assert found.verdict == to_verdict(parity) == verdict  # type: ignore[arg-type]
    assert Scorer(found.model.data).manifest.verdict == verdict
    assert (found.text, found.figures) == (parity.text, parity.summary)
    file = tmp_path / "onnx" / "model.onnx"
    assert found.hashes == {ONNX_SHA256: hashlib.sha256(file.read_bytes()).hexdigest()}


def test_without_a_graph_the_reason_is_the_verdict(tmp_path: Path) -> None:
    found = tracked.unconverted(tmp_path)
    assert (found.verdict, found.text) == ("none", "no ONNX: switched off")
    assert (found.figures, found.hashes) == ({}, {})
    nothing = replace(found, trained=replace(found.trained, nothing_learned="like the dummy"))
    assert (nothing.verdict, nothing.text) == ("nothing learned", "like the dummy")


def test_a_search_that_was_cut_says_what_it_left_out(tmp_path: Path) -> None:
    whole: TrainingResult = tracked.evidence(tmp_path)
    assert whole.cut == ""
    cut = replace(whole, trained=replace(whole.trained, left_out=("gbr", "[tune]")))
    assert cut.cut.endswith("left out: gbr, [tune]")
