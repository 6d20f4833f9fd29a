from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, RANSACRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from xgboost import XGBClassifier

from pipeline.convert.submodels import computes_in_single, list_submodels
from tests.convert.estimators.trees.tree_rows import diabetes, wine

NEIGHBORS = KNeighborsClassifier(3)


def threshold(member: Any) -> Any:
    from pycaret.internal.meta_estimators import CustomProbabilityThresholdClassifier

    return CustomProbabilityThresholdClassifier(member, probability_threshold=0.4)


def forest() -> Any:
    return RandomForestClassifier(3, random_state=0)


def composed(member: Any) -> list[Any]:
    """Every way in which PyCaret puts a model into another."""
    return [
        BaggingClassifier(member, 2, max_features=0.5, random_state=0),
        VotingClassifier([("a", member), ("b", forest())], voting="soft"),
        StackingClassifier([("a", member), ("b", forest())], forest(), cv=2),
        StackingClassifier([("b", forest())], member, cv=2, passthrough=True),
        CalibratedClassifierCV(member, cv=2),
        StackingClassifier([("a", VotingClassifier([("a", member)]))], forest(), cv=2),
    ]


@pytest.mark.parametrize("place", range(6))
def test_members_read_what_they_read_inside_the_composed_model(place: int) -> None:
    table = wine()
    model = threshold(composed(NEIGHBORS)[place])
    model.fit(table.x, np.minimum(table.y, 1))
    seen: list[Any] = []
    found = [
        (m, reads(table.x)) for m, reads in list_submodels(model) if "KNeighbors" in str(type(m))
    ]
    for member, _ in found:
        for method in ("predict", "predict_proba"):
            setattr(member, method, recorded(getattr(member, method), seen))
    model.predict(table.x)
    assert len(found) >= 1
    for (_, expected), actual in zip(found, seen, strict=True):
        np.testing.assert_array_equal(expected, actual)


def recorded(original: Callable[[Any], Any], seen: list[Any]) -> Callable[[Any], Any]:
    def answer(x: Any) -> Any:
        before = len(seen)
        result = original(x)
        del seen[before:]  # predict asks predict_proba in its turn
        seen.append(np.asarray(x))
        return result

    return answer


@pytest.mark.parametrize("place", range(6))
def test_xgboost_anywhere_inside_computes_in_float32(place: int) -> None:
    table = wine()
    estimator = composed(XGBClassifier(n_estimators=2, n_jobs=1))[place]
    assert computes_in_single(estimator.fit(table.x, table.y))
    assert not computes_in_single(composed(LogisticRegression())[place].fit(table.x, table.y))


def test_boosted_members_and_inlier_models_are_found() -> None:
    table = diabetes()
    inlier = RANSACRegressor(KNeighborsRegressor(), min_samples=50, random_state=0).fit(
        table.x, table.y
    )
    assert any(isinstance(m, KNeighborsRegressor) for m, _ in list_submodels(inlier))
    classes = wine()
    boosted = AdaBoostClassifier(XGBClassifier(n_estimators=2, n_jobs=1), n_estimators=2)
    assert computes_in_single(boosted.fit(classes.x, classes.y))
