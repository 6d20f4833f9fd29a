"""Converts Gaussian process classifiers: Laplace's approximation, one process per class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.functions.float64 import erf
from pipeline.convert.functions.pairwise import (
    apply_by_blocks,
    radial_kernel,
    sqeuclidean_distances,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.convert.registry import Entry, class_key
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    label_positive,
    normalize_rows,
    stack_binary_probabilities,
)
from pipeline.errors import ConversionError

Array = NDArray[np.float64]
Order = NDArray[np.int32]

# Williams and Barber 1998, appendix A: the logistic function as a sum of five error functions.
_WIDTHS = np.array([0.41, 0.4, 0.37, 0.44, 0.39])
_HEIGHTS = np.array([-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654])
_LARGEST_BYTES = 2**30
NOTHING = 1e-100
"""Of the prior variance: squares of sums do not show it."""
NEGLIGIBLE = 1e-20
"""Of the prior's deviation: sums of a hundred thousand such terms do not show in it."""
PARTS = 8
PAIRS = 2**18
"""Pairs of a row and a training row in one block: each reads all of the square matrices."""


def convert_gaussian_process(estimator: Any, x: Features, graph: Graph) -> Classification:
    """For each class (N, F) ─kernel─► (N, M) ─► latent mean and variance; (N, K) ─erf─► chances.

    Two classes: the label is the sign of the latent mean. More: the class with the largest
    chance, and of several the last one, as OneVsRestClassifier compares.

    Raises:
        ConversionError: one-vs-one, a kernel without a known form, or too many training rows.
    """
    processes = _processes(estimator)
    _check_size(processes)
    count, references = len(processes), len(processes[0].X_train_)
    answer = partial(_latent, processes)
    latent = apply_by_blocks(x.double, (x.width, 2 * count), references, answer, PAIRS)
    means, variances = (latent.columns(range(i, i + count)) for i in (0, count))
    chances = _chances(means, variances, count)
    classes = np.asarray(estimator.classes_)
    if count == 1:
        label = label_positive(means > 0.0)
        return Classification(label, classes, stack_binary_probabilities(graph, chances))
    last = chances.unary("ArgMax", INT64, axis=1, keepdims=0, select_last_index=1)
    return Classification(last, classes, normalize_rows(chances))


def _processes(estimator: Any) -> list[Any]:
    """The fitted binary classifiers, one in all for two classes."""
    if len(estimator.classes_) == 2:
        return [estimator.base_estimator_]
    if estimator.multi_class != "one_vs_rest":
        raise ConversionError(
            f"GaussianProcessClassifier: expected multi_class='one_vs_rest', "
            f"got {estimator.multi_class!r}, which has no probabilities",
            hint="set multi_class='one_vs_rest'",
        )
    return list(estimator.base_estimator_.estimators_)


def _check_size(processes: Sequence[Any]) -> None:
    rows = len(processes[0].X_train_)
    if 8 * rows * rows * len(processes) > _LARGEST_BYTES:
        raise ConversionError(
            f"{rows} training rows and {len(processes)} processes need a square matrix each, over "
            "1 GiB together, and an ONNX file ends at 2 GiB",
            hint="train the Gaussian process on fewer rows, or choose another model",
        )


def _latent(processes: Sequence[Any], block: Tensor) -> Tensor:
    """Means, then variances, of the latent functions: (B, F) → (B, 2K)."""
    known: list[tuple[Any, Order, Tensor]] = []
    moments = []
    for process in processes:
        # By default the kernels are not fitted, and the classes share one.
        found = next(((o, c) for kernel, o, c in known if kernel == process.kernel_), None)
        if found is None:
            order = _neighbours_together(process)
            references = np.asarray(process.X_train_, dtype=DOUBLE)[order]
            found = order, _covariance(process.kernel_, block, references)
            known.append((process.kernel_, *found))
        moments.append(_moments(process, *found))
    means, variances = zip(*moments, strict=True)
    return block.graph.concat([*means, *variances])


def _neighbours_together(process: Any) -> Order:
    """(M,) an order of the training rows in which those that covary at all are not far apart.

    Cuthill and McKee's (1969), reversed, so that the matrices have their numbers near the diagonal.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    covariances = process.kernel_(process.X_train_)
    near = csr_matrix(covariances > NEGLIGIBLE * covariances.max())
    order: Order = reverse_cuthill_mckee(near, symmetric_mode=True)
    return order


def _moments(process: Any, order: Order, covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Rasmussen and Williams, algorithm 3.2, lines 4 to 6: (B, M) → (B, 1) mean and variance.

    The triangular system is solved once, here: its matrix is the root of one that is at least
    the identity, so the inverse is harmless.
    """
    # Every known kernel is stationary: its variance is the same everywhere.
    prior = float(process.kernel_.diag(process.X_train_[:1])[0])
    mean = covariance @ (process.y_train_ - process.pi_).astype(DOUBLE)[order][:, None]
    reducing = _reduction(process, order)
    reducing[np.abs(reducing) * sqrt(prior) < NEGLIGIBLE] = 0.0
    variance: Tensor = prior - _squares(covariance, reducing, prior * NOTHING)
    return mean, variance


def _reduction(process: Any, order: Order) -> Array:
    """(M, M) lower triangular R: |R k|² is what the training rows, in that order, tell of a row.

    As line 5 has it, R = L⁻¹ W^½, where L is the root of I + W^½ K W^½, whose rows are in order.
    """
    from scipy.linalg import cholesky, solve_triangular

    weights = process.W_sr_[order]
    covariances = process.kernel_(process.X_train_[order])
    root = cholesky(np.eye(len(order)) + weights[:, None] * covariances * weights, lower=True)
    reducing: Array = solve_triangular(root, np.diag(weights), lower=True)
    return reducing


def _squares(covariance: Tensor, reducing: Array, nothing: float) -> Tensor:
    """|R k|² for lower triangular R, a few rows of R at a time: (B, M), (M, M) → (B, 1).

    Each part leaves out the columns on both sides of its numbers: at least 7/16 of the products,
    and of the file. What does not show in a sum of squares is made `nothing` in k: products below
    the smallest normal number take processors three times as long.
    """
    bounds = np.linspace(0, len(reducing), PARTS + 1).astype(int)
    normal = covariance.graph.binary("Max", covariance, np.array([[nothing]]))
    parts = []
    for start, end in pairwise(bounds.tolist()):
        used = np.flatnonzero(reducing[start:end].any(axis=0))
        first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        weights = np.ascontiguousarray(reducing[start:end, first:last].T)
        parts.append((normal.columns_between(first, last) @ weights).reduce("ReduceSumSquare"))
    return reduce(Tensor.__add__, parts)


def _chances(means: Tensor, variances: Tensor, count: int) -> Tensor:
    """The logistic function's mean under normal distributions: (N, K), (N, K) → (N, K).

    ─Reshape─► (N, K, 1) ─Mul widths, erf─► (N, K, 5) ─sum─► (N, K), from left to right as NumPy:
    the heights cancel, so another order would show.
    """
    mean, variance = means.reshape(-1, count, 1), variances.reshape(-1, count, 1)
    alpha = 1.0 / (variance * 2.0)
    errors = erf(mean * _WIDTHS * (alpha / (alpha + _WIDTHS**2)).sqrt())
    normaliser = (variance * 2.0 * np.pi).sqrt() * 2.0
    terms = (np.pi / alpha).sqrt() * errors / normaliser * _HEIGHTS
    summed = reduce(Tensor.__add__, [terms.gather(np.int64(i), axis=2) for i in range(5)])
    return summed + 0.5 * float(_HEIGHTS.sum())


KERNEL = Caveat.when_converted(
    "a kernel of gpc without a known form",
    instead="leave the kernel at its default",
)


def _covariance(kernel: Any, x: Tensor, references: Array) -> Tensor:
    """kernel(x, references): (B, F), (M, F) → (B, M).

    Raises:
        ConversionError: the kernel is not known, or not stationary.
    """
    try:
        return _COVARIANCES[class_key(kernel)](kernel, x, references)
    except KeyError:
        raise KERNEL.error(
            f"GaussianProcessClassifier: kernel {kernel} has no exact form in ONNX",
            hint="use sums and products of ConstantKernel, RBF, Matern (nu 0.5, 1.5, 2.5 or inf), "
            "RationalQuadratic and WhiteKernel",
        ) from None


def _sum(kernel: Any, x: Tensor, references: Array) -> Tensor:
    return _covariance(kernel.k1, x, references) + _covariance(kernel.k2, x, references)


def _product(kernel: Any, x: Tensor, references: Array) -> Tensor:
    return _covariance(kernel.k1, x, references) * _covariance(kernel.k2, x, references)


def _constant(kernel: Any, x: Tensor, references: Array) -> Tensor:
    # A white kernel's noise is its own: a row shares it with no training row, equal or not.
    value = getattr(kernel, "constant_value", 0.0)
    return x.columns([0]) * 0.0 + np.full((1, len(references)), value)


def _radial(kernel: Any, x: Tensor, references: Array) -> Tensor:
    return radial_kernel(*_scale(kernel, x, references), gamma=0.5)


def _rational_quadratic(kernel: Any, x: Tensor, references: Array) -> Tensor:
    distances = sqeuclidean_distances(x, references)
    scale, power = float(2.0 * kernel.alpha * kernel.length_scale**2), -float(kernel.alpha)
    return (distances / scale + 1.0) ** power


def _matern(kernel: Any, x: Tensor, references: Array) -> Tensor:
    if kernel.nu == np.inf:
        return _radial(kernel, x, references)
    if kernel.nu not in (0.5, 1.5, 2.5):
        raise KeyError(kernel.nu)
    distances = sqeuclidean_distances(*_scale(kernel, x, references)).sqrt() * sqrt(2.0 * kernel.nu)
    decay = (-distances).exp()
    if kernel.nu == 0.5:
        return decay
    if kernel.nu == 1.5:
        return (distances + 1.0) * decay
    return (distances + 1.0 + distances * distances / 3.0) * decay


def _scale(kernel: Any, x: Tensor, references: Array) -> tuple[Tensor, Array]:
    """Both in units of the kernel's length scale, one or one for each column."""
    scale = np.broadcast_to(np.asarray(kernel.length_scale, dtype=DOUBLE), references.shape[1])
    return x / scale[None], references / scale


_COVARIANCES: Mapping[str, Callable[[Any, Tensor, Array], Tensor]] = {
    "sklearn.ConstantKernel": _constant,
    "sklearn.Matern": _matern,
    "sklearn.Product": _product,
    "sklearn.RBF": _radial,
    "sklearn.RationalQuadratic": _rational_quadratic,
    "sklearn.Sum": _sum,
    "sklearn.WhiteKernel": _constant,
}

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.GaussianProcessClassifier": Entry(
        convert_gaussian_process,
        "skl2onnx needs the operator com.microsoft.Solve, which onnxruntime does not have, and "
        "refuses more than two classes",
    ),
}
