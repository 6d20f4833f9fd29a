"""Converts Gaussian class densities: naive Bayes, quadratic discriminant analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators import skl2onnx_as_is
from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.functions.float64 import sum_rows
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, normalize_rows


def convert_quadratic_discriminant(estimator: Any, x: Features, graph: Graph) -> Classification:
    """All classes at once: (N, F) ─Sub means, MatMul R/√S─► (K, N, F) ─squares─► (N, K) norms.

    Every operation in scikit-learn's own order, so that nearly all log posteriors agree to the
    last bit: collinear columns make S about 1e-30, which amplifies any other rounding, and with
    reg_param=1 far rows lie equally far from every class but for the rounding. Where that reaches
    more than a row in a hundred, `refuse_cancelling` has refused the model.
    """
    count = len(estimator.classes_)
    norms = _squared_norms(estimator, x)
    log_determinants = np.array([[np.sum(np.log(s)) for s in estimator.scalings_]])
    posteriors = (norms + log_determinants) * -0.5 + np.log(estimator.priors_)[None]
    scores = posteriors
    if count == 2:
        scores = posteriors.columns([1]) - posteriors.columns([0])
    # Where S is 0 a posterior is NaN, and NumPy's argmax takes the first NaN for the largest.
    ranked = graph.where(posteriors.isnan(), np.inf, posteriors)
    return Classification(
        label=ranked.argmax(),
        classes=np.asarray(estimator.classes_),
        probabilities=normalize_rows((posteriors - posteriors.reduce("ReduceMax")).exp()),
        scores=scores,
    )


def _squared_norms(estimator: Any, x: Features) -> Tensor:
    """Squared Mahalanobis distances from each class's mean: (N, F) → (N, K).

    A class of fewer rows than columns has only as many directions as rows.
    """
    pairs = zip(estimator.rotations_, estimator.scalings_, strict=True)
    directions = [rotation * scaling**-0.5 for rotation, scaling in pairs]
    if len({each.shape[1] for each in directions}) > 1:
        pairs = zip(directions, estimator.means_, strict=True)
        return x.double.graph.concat([_norm((x.double - m[None]) @ d, d) for d, m in pairs])
    deviations = x.double.reshape(1, -1, x.width) - estimator.means_[:, None, :]
    # Three axes, so no Gemm; no scalar factor stands beside it (see Tensor.__matmul__).
    turned = x.double.graph.binary("MatMul", deviations, np.array(directions))
    norms = _norm(turned, directions[0])
    return norms.unary("Transpose", perm=[1, 0, 2]).reshape(-1, len(directions))


def _norm(turned: Tensor, directions: NDArray[np.float64]) -> Tensor:
    """Squared lengths of rows in a class's directions: (..., D) → (..., 1)."""
    return sum_rows(turned * turned, directions.shape[1])


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.GaussianNB": Entry(skl2onnx_as_is.convert_classifier_as_is),
    "sklearn.QuadraticDiscriminantAnalysis": Entry(
        convert_quadratic_discriminant,
        "another order of operations flips labels where columns nearly depend on each other, and "
        "no decision scores",
    ),
}
