"""Converts kernel machines: support vectors and kernel ridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.estimators.pairwise_coupling import couple_pairwise
from pipeline.convert.functions.float64 import expit
from pipeline.convert.functions.pairwise import (
    apply_by_blocks,
    dot_products,
    manhattan_distances,
    radial_kernel,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression
from pipeline.errors import ConversionError

Array = NDArray[np.float64]
Kernel = Callable[[Tensor, Array], Tensor]
"""(B, F) rows and (M, F) references → (B, M)."""


def convert_support_vector_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─kernel─► (N, M) ─MatMul─► (N, 1)."""
    vectors, kernel = _support(estimator)
    weights = np.asarray(estimator._dual_coef_, dtype=np.float64).T
    intercept = np.asarray(estimator._intercept_, dtype=np.float64)
    return Regression(_weigh(kernel, x, vectors, weights) + intercept[None])


def convert_support_vector_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─kernel─► (N, M) ─MatMul─► (N, P) one decision for each pair of classes ─► votes.

    The label is libsvm's: the class with the most votes (or the largest score, when ties are
    broken), whatever the probabilities say.
    """
    count = len(estimator.classes_)
    vectors, kernel = _support(estimator)
    intercepts = np.asarray(estimator._intercept_, dtype=np.float64)[None]
    # libsvm's sign: positive for the first class of the pair.
    decisions = _weigh(kernel, x, vectors, _pair_weights(estimator)) + intercepts
    scores = _scores(estimator, decisions)
    ties = estimator.break_ties and estimator.decision_function_shape == "ovr" and count > 2
    return Classification(
        label=scores.argmax() if ties else _votes(decisions > 0.0, count).argmax(),
        classes=np.asarray(estimator.classes_),
        probabilities=_probabilities(estimator, decisions) if estimator.probability else None,
        scores=scores,
    )


def convert_kernel_ridge(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─kernel─► (N, M) ─MatMul─► (N, 1); a linear kernel collapses to one product.

    With a linear kernel and more rows than columns the dual coefficients are huge and cancel.
    Measured on insurance with alpha=1: scikit-learn is 5e-9 relative from the exact value of its
    own model (1e-9 between a row alone and in a batch), this graph 1e-13, so 5e-9 between them;
    summing in the dual, as scikit-learn does, would make it 1.5e-8.

    Raises:
        ConversionError: another kernel, or it predicts several targets.
    """
    references = np.asarray(estimator.X_fit_, dtype=np.float64)
    weights = np.asarray(estimator.dual_coef_, dtype=np.float64).reshape(len(references), -1)
    if weights.shape[1] != 1:
        raise ConversionError(
            f"expected one target, got {weights.shape[1]}", hint="train on one target"
        )
    return Regression(_weigh(_ridge_kernel(estimator), x, references, weights))


def _weigh(kernel: Kernel, x: Features, references: Array, weights: Array) -> Tensor:
    """Σ weight · kernel(x, reference): (N, F), (M, F), (M, P) → (N, P)."""
    if not len(references):  # a regressor that only answers its intercept
        return x.double.columns([0]) @ np.zeros((1, weights.shape[1]))
    if kernel is dot_products:
        # The sum over references does not depend on the row: done once, in long double, it is
        # closer to the exact value than any sum over kernel values.
        primal = references.T.astype(np.longdouble) @ weights.astype(np.longdouble)
        return x.double @ primal.astype(np.float64)
    return apply_by_blocks(
        x.double,
        (x.width, weights.shape[1]),
        len(references),
        lambda block: kernel(block, references) @ weights,
    )


def _support(estimator: Any) -> tuple[Array, Kernel]:
    """The support vectors and the kernel.

    Raises:
        ConversionError: trained on a sparse matrix, or another kernel.
    """
    if estimator._sparse:
        raise ConversionError(
            f"{type(estimator).__name__} was trained on a sparse matrix",
            hint="train on a dense one",
        )
    known = ("linear", "poly", "rbf", "sigmoid")
    if estimator.kernel not in known:
        raise _unknown_kernel(estimator, known)
    kernels = _kernels(float(estimator._gamma), float(estimator.coef0), float(estimator.degree))
    return np.asarray(estimator.support_vectors_, dtype=np.float64), kernels[estimator.kernel]


def _ridge_kernel(estimator: Any) -> Kernel:
    known = ("linear", "poly", "polynomial", "rbf", "sigmoid", "laplacian")
    if estimator.kernel not in known:
        raise _unknown_kernel(estimator, known)
    # pairwise_kernels' own default.
    gamma = 1.0 / estimator.n_features_in_ if estimator.gamma is None else estimator.gamma
    kernels = _kernels(float(gamma), float(estimator.coef0), float(estimator.degree))
    return kernels[estimator.kernel]


KERNEL = Caveat.when_converted(
    "a kernel other than linear, poly, rbf or sigmoid (rbfsvm, svm, kr)",
    instead="set kernel to linear, poly, rbf or sigmoid",
)


def _unknown_kernel(estimator: Any, known: tuple[str, ...]) -> ConversionError:
    return KERNEL.error(
        f"{type(estimator).__name__}: expected a kernel out of {', '.join(known)}, "
        f"got {estimator.kernel!r}",
        hint=f"set kernel={known[0]!r} or another of these",
    )


def _kernels(gamma: float, constant: float, degree: float) -> Mapping[str, Kernel]:
    def scaled(x: Tensor, y: Array) -> Tensor:
        return dot_products(x, y) * gamma + constant

    return {
        "linear": dot_products,
        "poly": lambda x, y: scaled(x, y) ** degree,
        "polynomial": lambda x, y: scaled(x, y) ** degree,
        "rbf": lambda x, y: radial_kernel(x, y, gamma),
        "sigmoid": lambda x, y: scaled(x, y).unary("Tanh"),
        "laplacian": lambda x, y: (manhattan_distances(x, y) * -gamma).exp(),
    }


def _pairs(count: int) -> list[tuple[int, int]]:
    """Pairs of classes in libsvm's order."""
    return list(combinations(range(count), 2))


def _pair_weights(estimator: Any) -> Array:
    """libsvm's coefficients, (K - 1, M), spread to one column for each pair, (M, P)."""
    packed = np.asarray(estimator._dual_coef_, dtype=np.float64)
    starts = np.concatenate([[0], np.cumsum(estimator.n_support_)])
    pairs = _pairs(len(estimator.classes_))
    weights = np.zeros((packed.shape[1], len(pairs)))
    for column, (i, j) in enumerate(pairs):
        for row, k in ((j - 1, i), (i, j)):
            own = slice(starts[k], starts[k + 1])
            weights[own, column] = packed[row, own]
    return weights


def _membership(count: int) -> tuple[Array, Array]:
    """Which class is the first and which the second of each pair, (P, K) each."""
    first, second = zip(*_pairs(count), strict=True)
    return np.eye(count)[list(first)], np.eye(count)[list(second)]


def _votes(first_wins: Tensor, count: int) -> Tensor:
    """(N, P) bool → (N, K) double: votes for each class."""
    first, second = _membership(count)
    lost: Array = second.sum(axis=0, keepdims=True)
    return first_wins.cast(DOUBLE) @ (first - second) + lost


def _scores(estimator: Any, decisions: Tensor) -> Tensor:
    """decision_function: scikit-learn turns libsvm's sign for two classes."""
    count = len(estimator.classes_)
    if count == 2:
        return -decisions
    if estimator.decision_function_shape == "ovo":
        return decisions
    first, second = _membership(count)
    confidences = decisions @ (first - second)
    return _votes(decisions >= 0.0, count) + confidences / ((confidences.abs() + 1.0) * 3.0)


def _probabilities(estimator: Any, decisions: Tensor) -> Tensor:
    """Platt's sigmoid for each pair, then coupled: (N, P) → (N, K)."""
    slopes, offsets = (np.asarray(p)[None] for p in (estimator.probA_, estimator.probB_))
    first = expit(-(decisions * slopes + offsets)).clip(1e-7, 1.0 - 1e-7)
    return couple_pairwise(first, len(estimator.classes_))


_SINGLE = "onnxruntime has no double kernel for skl2onnx's "

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.SVR": Entry(convert_support_vector_regressor, f"{_SINGLE}SVMRegressor"),
    "sklearn.SVC": Entry(
        convert_support_vector_classifier,
        "probabilities off by 6e-7 (single precision), and no decision scores beside them",
    ),
    "sklearn.KernelRidge": Entry(convert_kernel_ridge, "skl2onnx 1.20 has no converter"),
}
