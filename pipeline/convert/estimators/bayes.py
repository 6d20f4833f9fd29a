"""Gaussian class densities: naive Bayes and quadratic discriminant analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.estimators import stock
from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.frame import Features
from pipeline.convert.graph import Graph, Tensor
from pipeline.convert.outcome import Classification, normalised
from pipeline.convert.registry import Entry


def quadratic_discriminant(estimator: Any, x: Features, graph: Graph) -> Classification:
    """For each class (N, F) ─Sub mean, MatMul R/√S, squares─► (N, 1); all ─Concat─► (N, K).

    The product is taken in scikit-learn's own order: collinear columns make S about 1e-30, and
    any other order would amplify its own rounding errors.
    """
    norms = graph.concat([_norm(estimator, x, k) for k in range(len(estimator.classes_))])
    log_determinants = np.array([[np.sum(np.log(s)) for s in estimator.scalings_]])
    posteriors = (norms + log_determinants) * -0.5 + np.log(estimator.priors_)[None]
    largest = posteriors.reduce("ReduceMax")
    scores = posteriors
    if len(estimator.classes_) == 2:
        scores = posteriors.columns([1]) - posteriors.columns([0])
    return Classification(
        label=posteriors.argmax(),
        classes=np.asarray(estimator.classes_),
        probabilities=normalised((posteriors - largest).exp()),
        scores=scores,
    )


def _norm(estimator: Any, x: Features, k: int) -> Tensor:
    """Squared Mahalanobis distance from one class's mean, (N, 1)."""
    directions = estimator.rotations_[k] * (estimator.scalings_[k] ** -0.5)
    return ((x.double - estimator.means_[k][None]) @ directions).reduce("ReduceSumSquare")


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.GaussianNB": Entry(stock.classifier),
    "sklearn.QuadraticDiscriminantAnalysis": Entry(
        quadratic_discriminant,
        "21 of 1,500 labels flip where columns are collinear (another order of operations), and no "
        "decision scores",
    ),
}
