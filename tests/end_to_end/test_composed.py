"""Models made of models, by PyCaret's own hand and one inside the other, within the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.export.model import export_model
from pipeline.parity.verify import Parity, verify
from tests.tables import trained

QUIET: dict[str, Any] = {"verbose": False, "fold": 2}
STACKED: dict[str, Any] = {**QUIET, "meta_model_fold": 2}

Compose = Callable[[Any], Any]
"""A PyCaret experiment -> the model that it fitted."""


def single(experiment: Any, model: str) -> Any:
    return experiment.create_model(model, cross_validation=False, verbose=False)


def several(experiment: Any, *models: str) -> list[Any]:
    return [single(experiment, model) for model in models]


def bag(experiment: Any, model: Any, count: int = 3) -> Any:
    return experiment.ensemble_model(model, n_estimators=count, **QUIET)


def stack_of_blend_and_bag(experiment: Any) -> Any:
    blend = experiment.blend_models(several(experiment, "lr", "dt"), **QUIET)
    members = [blend, bag(experiment, single(experiment, "dt")), single(experiment, "lightgbm")]
    last = single(experiment, "rf")
    return experiment.stack_models(members, meta_model=last, restack=True, **STACKED)


def stack_of_stack(experiment: Any) -> Any:
    inner = experiment.stack_models(several(experiment, "lr", "dt"), **STACKED)
    return experiment.stack_models([inner, single(experiment, "knn")], **STACKED)


def bag_of_blend(experiment: Any) -> Any:
    return bag(experiment, experiment.blend_models(several(experiment, "lr", "dt"), **QUIET), 2)


def tuned_blend_of_xgboost(experiment: Any) -> Any:
    blend = experiment.blend_models(several(experiment, "xgboost", "dt"), **QUIET)
    return experiment.tune_model(blend, n_iter=2, choose_better=False, tuner_verbose=False, **QUIET)


def neighbors_last(experiment: Any) -> Any:
    last = single(experiment, "knn")
    return experiment.stack_models(several(experiment, "lr", "dt"), meta_model=last, **STACKED)


def stack_of_calibrated(experiment: Any) -> Any:
    nb, svm = several(experiment, "nb", "svm")
    isotonic = experiment.calibrate_model(nb, method="isotonic", calibrate_fold=2, **QUIET)
    sigmoid = experiment.calibrate_model(svm, method="sigmoid", calibrate_fold=2, **QUIET)
    last = single(experiment, "lda")
    return experiment.stack_models([isotonic, sigmoid], meta_model=last, **STACKED)


CASES: Mapping[str, tuple[Compose, ...]] = {
    "insurance": (stack_of_blend_and_bag, tuned_blend_of_xgboost, neighbors_last),
    "juice": (stack_of_blend_and_bag, stack_of_stack, bag_of_blend, stack_of_calibrated),
    "penguins": (
        *(stack_of_blend_and_bag, stack_of_stack, bag_of_blend, tuned_blend_of_xgboost),
        *(neighbors_last, stack_of_calibrated),
    ),
}
"""What the page of docs/coverage.md has not: one composed model inside of another."""


def proved(table: str, compose: Compose) -> Parity:
    base, dataset = trained(table, "lr")
    pipeline = base.experiment.finalize_model(compose(base.experiment))
    pipeline.memory = None
    result = replace(base, pipeline=pipeline)
    return verify(export_model(result, dataset), result, dataset)


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "compose"),
    [pytest.param(t, c, id=f"{t} {c.__name__}") for t, many in CASES.items() for c in many],
)
def test_composed_models_predict_what_pycaret_predicts(table: str, compose: Compose) -> None:
    parity = proved(table, compose)
    assert parity.passed, (parity.text, parity.worst[:3])
    assert parity.summary["flips"] == 0
