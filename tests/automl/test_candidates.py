"""Which models a run compares, and what becomes of those that its table rules out."""

from __future__ import annotations

import logging

import pytest

from pipeline.automl.candidates import candidates, facts, within_limits
from pipeline.config.train_config import TrainConfig
from pipeline.convert.support.refused_options import Facts
from pipeline.data.dataset import find, load
from pipeline.errors import ConversionError
from pipeline.tasks import CLASSIFICATION, REGRESSION, TASKS

LARGE = Facts(20_000, 2)


def test_the_candidates_are_those_that_pycaret_compares() -> None:
    assert candidates(TrainConfig(include=("rf", "lr")), REGRESSION) == ("rf", "lr")
    default = candidates(TrainConfig(), CLASSIFICATION)
    assert set(CLASSIFICATION.models) - set(default) == set(CLASSIFICATION.slow)
    without = candidates(TrainConfig(exclude=("lr",)), CLASSIFICATION)
    assert set(default) - set(without) == {"lr"}
    slow = candidates(TrainConfig(compare={"turbo": False}), CLASSIFICATION)
    assert slow == CLASSIFICATION.models


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_the_slow_models_are_those_that_pycaret_leaves_out(task: str) -> None:
    experiment = TASKS[task].new_experiment()
    frame = load(find(TrainConfig(dataset="insurance"))).frame.assign(y=[0, 1] * 669)
    experiment.setup(frame, target="y", html=False, verbose=False, n_jobs=1)
    models = experiment.models()
    assert tuple(models.index[~models["Turbo"]]) == TASKS[task].slow


def test_a_model_that_the_table_rules_out_is_left_out_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = TrainConfig(include=("gpc", "lr"))
    with caplog.at_level(logging.WARNING):
        assert within_limits(asked, CLASSIFICATION, LARGE).include == ("lr",)
    assert "left out on 20,000 rows: gpc: it keeps a matrix" in caplog.text
    assert "--no-onnx" in caplog.text
    slow = TrainConfig(compare={"turbo": False}, exclude=("lr",))
    assert within_limits(slow, CLASSIFICATION, LARGE).exclude == ("lr", "gpc")


def test_a_run_is_as_it_was_where_no_limit_is_reached() -> None:
    for config in (TrainConfig(), TrainConfig(include=("lr",)), TrainConfig(include=("gpc",))):
        assert within_limits(config, CLASSIFICATION, Facts(100, 2)) is config
    assert within_limits(TrainConfig(), CLASSIFICATION, LARGE) == TrainConfig()


def test_a_run_without_a_candidate_left_is_refused() -> None:
    with pytest.raises(ConversionError, match="any candidate on 20,000 rows: gpc: ") as raised:
        within_limits(TrainConfig(include=("gpc",)), CLASSIFICATION, LARGE)
    assert "fewer rows" in raised.value.hint
    assert "--no-onnx" in raised.value.hint


@pytest.mark.parametrize(("name", "expected"), [("insurance", (1338, 0)), ("penguins", (344, 3))])
def test_the_facts_are_those_of_the_table(name: str, expected: tuple[int, int]) -> None:
    found = facts(load(find(TrainConfig(dataset=name))))
    assert (found.rows, found.classes) == expected
