"""What ends a training with an error although everything of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import GateError, ResourceError
from pipeline.gate.challenge import Ruling
from pipeline.track.mlflow_run import Run
from pipeline.track.training_result import TrainingResult
from pipeline.train.result import RunResult
from tests import tracked


def result(training: TrainingResult) -> RunResult:
    return RunResult(training, Run("small", "small-1"), Ruling({}), None)


def test_a_training_that_lies_where_it_should_ends_well(tmp_path: Path) -> None:
    for output in (None, tmp_path):
        found = result(tracked.evidence(tmp_path, output=output))
        found.refuse()
        found.check_output()


def test_one_that_lies_elsewhere_says_where(tmp_path: Path) -> None:
    found = result(tracked.evidence(tmp_path, output=tmp_path / "wanted"))
    with pytest.raises(ResourceError, match=str(tmp_path)):
        found.check_output()


def test_one_that_has_learned_nothing_is_refused_with_what_to_do(tmp_path: Path) -> None:
    training = tracked.unconverted(tmp_path)
    trained = replace(training.trained, nothing_learned="no better than the dummy", hint="Do x")
    with pytest.raises(GateError, match="no better") as caught:
        result(replace(training, trained=trained)).refuse()
    assert caught.value.hint == "Do x"
