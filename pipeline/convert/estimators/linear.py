"""Linear models: regressors, and classifiers by logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.convert.estimators import stock
from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.frame import Features
from pipeline.convert.graph import Graph
from pipeline.convert.outcome import Outcome
from pipeline.convert.registry import Entry


def ransac(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """RANSAC answers with the model it fitted to the inliers."""
    return convert_estimator(estimator.estimator_, x, graph)


_REGRESSORS = (
    "ARDRegression",
    "BayesianRidge",
    "ElasticNet",
    "HuberRegressor",
    "Lars",
    "Lasso",
    "LassoLars",
    "LinearRegression",
    "OrthogonalMatchingPursuit",
    "PassiveAggressiveRegressor",
    "Ridge",
    "TheilSenRegressor",
)

CONVERTERS: Mapping[str, Entry[Converter]] = {
    **{f"sklearn.{name}": Entry[Converter](stock.regressor) for name in _REGRESSORS},
    "sklearn.RANSACRegressor": Entry(ransac, "its fitted member is converted instead"),
    "sklearn.LogisticRegression": Entry(stock.classifier),
    "sklearn.SGDClassifier": Entry(stock.classifier),
}
