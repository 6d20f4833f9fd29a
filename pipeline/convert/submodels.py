"""Lists the fitted models inside a composed one, each with what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from pipeline.convert.registry import class_key

Reads = Callable[[Any], Any]
"""The matrix of the whole model -> the matrix of one member, both (n, ·)."""

Member = tuple[Any, Reads]


def list_submodels(estimator: Any) -> Iterator[Member]:
    """The estimator itself and, depth first, every fitted model that it asks."""
    yield estimator, _whole
    for child, reads in _CHILDREN.get(class_key(estimator), _none)(estimator):
        for member, further in list_submodels(child):
            yield member, partial(_both, reads, further)


def computes_in_single(estimator: Any) -> bool:
    """Whether a model that computes in float32 whatever it is given has a part in the answer."""
    return any(
        type(member).__module__.startswith("xgboost") for member, _ in list_submodels(estimator)
    )


def _whole(x: Any) -> Any:
    return x


def _both(first: Reads, then: Reads, x: Any) -> Any:
    return then(first(x))


def _pick(columns: Any, x: Any) -> Any:
    return np.asarray(x)[:, columns]


def _none(_: Any) -> Iterator[Member]:
    return iter(())


def _bag(estimator: Any) -> Iterator[Member]:
    for member, columns in zip(estimator.estimators_, estimator.estimators_features_, strict=True):
        yield member, partial(_pick, columns)


def _side_by_side(estimator: Any) -> Iterator[Member]:
    for member in estimator.estimators_:
        yield member, _whole


def _stack(estimator: Any) -> Iterator[Member]:
    yield from _side_by_side(estimator)
    yield estimator.final_estimator_, estimator.transform


def _calibration_folds(estimator: Any) -> Iterator[Member]:
    for fold in estimator.calibrated_classifiers_:
        yield fold.estimator, _whole


def _wrapped_model(name: str, estimator: Any) -> Iterator[Member]:
    yield getattr(estimator, name), _whole


_CHILDREN: Mapping[str, Callable[[Any], Iterator[Member]]] = {
    "sklearn.AdaBoostClassifier": _side_by_side,
    "sklearn.AdaBoostRegressor": _side_by_side,
    "sklearn.BaggingClassifier": _bag,
    "sklearn.BaggingRegressor": _bag,
    "sklearn.CalibratedClassifierCV": _calibration_folds,
    "sklearn.RANSACRegressor": partial(_wrapped_model, "estimator_"),
    "sklearn.StackingClassifier": _stack,
    "sklearn.StackingRegressor": _stack,
    "sklearn.VotingClassifier": _side_by_side,
    "sklearn.VotingRegressor": _side_by_side,
    "pycaret.CustomProbabilityThresholdClassifier": partial(_wrapped_model, "classifier_"),
    "pycaret.TunableVotingClassifier": _side_by_side,
    "pycaret.TunableVotingRegressor": _side_by_side,
}
