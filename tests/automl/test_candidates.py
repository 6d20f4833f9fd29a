"""Which models a run compares."""

from __future__ import annotations

import pytest

from pipeline.automl.candidates import list_candidates
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.tasks import CLASSIFICATION, REGRESSION, TASKS


def test_the_candidates_are_those_that_pycaret_compares() -> None:
    assert list_candidates(TrainConfig(include=("rf", "lr")), REGRESSION) == ("rf", "lr")
    default = list_candidates(TrainConfig(), CLASSIFICATION)
    assert set(CLASSIFICATION.models) - set(default) == set(CLASSIFICATION.slow)
    without = list_candidates(TrainConfig(exclude=("lr",)), CLASSIFICATION)
    assert set(default) - set(without) == {"lr"}
    slow = list_candidates(TrainConfig(compare={"turbo": False}), CLASSIFICATION)
    assert slow == CLASSIFICATION.models


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_the_slow_models_are_those_that_pycaret_leaves_out(task: str) -> None:
    experiment = TASKS[task].new_experiment()
    frame = load_dataset(find_dataset(TrainConfig(dataset="insurance"))).frame.assign(
        y=[0, 1] * 669
    )
    experiment.setup(frame, target="y", html=False, verbose=False, n_jobs=1)
    models = experiment.models()
    assert tuple(models.index[~models["Turbo"]]) == TASKS[task].slow
