"""What PyCaret is spared inside our block changes nothing that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.config.train_config import TrainConfig
from tests.tables import dataset


@pytest.mark.parametrize("name", ["insurance", "juice"])
def test_grids_for_tuning_are_those_of_pycaret_by_hand(name: str) -> None:
    table = dataset(name)
    theirs = _grids(_by_hand(table.spec.task, table.frame, table.spec.target))
    for _ in range(2):  # made, and taken from those that are there
        with isolate_pycaret() as caches:
            experiment = set_up(table, TrainConfig(dataset=name), caches)
        assert _grids(experiment) == theirs
        for values in experiment._all_models_internal["ridge"].tune_grid.values():
            values.clear()  # which must not be those of the next


def _by_hand(task: str, frame: Any, target: str) -> Any:
    from pycaret.classification import ClassificationExperiment
    from pycaret.regression import RegressionExperiment

    made = ClassificationExperiment() if task == "classification" else RegressionExperiment()
    return made.setup(frame, target=target, html=False, verbose=False)


def _grids(experiment: Any) -> dict[str, dict[str, list[tuple[type, Any]]]]:
    """By model and parameter; but for catboost's, whose whole numbers we make Python's."""
    return {
        model: {
            name: [(type(value), value) for value in values]
            for name, values in container.tune_grid.items()
        }
        for model, container in experiment._all_models_internal.items()
        if model != "catboost"
    }
