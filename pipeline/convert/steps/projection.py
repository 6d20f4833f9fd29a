"""Converts projections on principal components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.functions.pairwise import apply_by_blocks, sqeuclidean_distances
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.columns import Column
from pipeline.errors import ConversionError
from pipeline.rendering.wording import format_count

MOST_UNCERTAIN = 1e-8
"""Of a kernel's values, which lie between 0 and 1."""


def convert_linear_projection(step: Step) -> dict[str, Column]:
    """(N, W) ─Sub(means), Gemm(components)─► (N, C) ─Div(deviations), if whitened─► (N, C)."""
    transformer = step.transformer
    x = step.matrix
    means, components = transformer.mean_, transformer.components_
    # PCA learns in the dtype of its training rows, and then computes in the wider of the two.
    dtype = DOUBLE if DOUBLE in (x.dtype, components.dtype) else x.dtype
    projected = (x.cast(dtype) - means[None]) @ np.ascontiguousarray(components.T)
    if transformer.whiten:
        projected = projected / np.sqrt(transformer.explained_variance_)[None]
    return step.cells(projected, transformer.get_feature_names_out())


def convert_kernel_projection(step: Step) -> dict[str, Column]:
    """(N, W) ─exp(-γ |x - y|²)─► (N, M) ─centred as in training─► ─Gemm─► (N, C).

    Raises:
        ConversionError: another kernel than rbf, or numbers so large that their distances are
            rounding.
    """
    transformer = step.transformer
    if transformer.kernel != "rbf":
        raise ConversionError(
            f"step {step.name!r}: expected the kernel rbf, got {transformer.kernel}",
            hint="use pca_method = kernel as it is",
        )
    references = np.asarray(transformer.X_fit_, dtype=float)
    _require_distances(step.name, references, transformer.gamma_)
    weights = _weights(transformer)
    projected = apply_by_blocks(
        step.matrix.cast(DOUBLE),
        (references.shape[1], weights.shape[1]),
        len(references),
        lambda block: _center(_rbf(block, references, transformer.gamma_), transformer) @ weights,
    )
    return step.cells(projected, transformer.get_feature_names_out())


ROUNDED = Caveat.when_prepared(
    "pca_method = kernel on numbers so large that distances between rows are rounding",
    instead="set normalize = true, or another pca_method",
)


def _require_distances(name: str, references: np.ndarray[Any, Any], gamma: float) -> None:
    """scikit-learn takes |x|² - 2xy + |y|²: a large |x|² leaves nothing of a small distance.

    Each of the W products is rounded, and so is each sum, in an order that hangs on the processor:
    of so many independent roundings the root adds up.
    """
    columns = references.shape[1]
    uncertain = gamma * np.sqrt(columns) * np.spacing((references**2).sum(axis=1).max())
    if uncertain > MOST_UNCERTAIN:
        raise ROUNDED.error(
            f"step {name!r}: the kernel's distances are rounding: numbers up to "
            f"{np.abs(references).max():.0e} make its values uncertain by {uncertain:.0e}"
        )


def _weights(transformer: Any) -> np.ndarray[Any, Any]:
    """Eigenvectors over the roots of their eigenvalues, (M, C); zero where those are."""
    values = np.asarray(transformer.eigenvalues_, dtype=float)
    vectors = np.asarray(transformer.eigenvectors_, dtype=float)
    weights = np.zeros_like(vectors)
    weights[:, values != 0] = vectors[:, values != 0] / np.sqrt(values[values != 0])
    return weights


def _rbf(x: Tensor, references: np.ndarray[Any, Any], gamma: float) -> Tensor:
    return (sqeuclidean_distances(x, references) * -gamma).exp()


def _center(kernel: Tensor, transformer: Any) -> Tensor:
    """Less the means of the training rows and of the row itself: (B, M) → (B, M)."""
    centerer = transformer._centerer
    rows = np.asarray(centerer.K_fit_rows_, dtype=float)[None]
    own = kernel.sum() / float(len(transformer.X_fit_))
    return kernel - rows - own + float(centerer.K_fit_all_)


def sums_up(t: Any) -> str:
    """What a fitted projection does, for the report."""
    count = getattr(t, "n_components_", t.n_components)
    return (
        f"sums the columns up in {'new ones' if count is None else format_count(count, 'new one')}"
    )


_SINGLE = "skl2onnx folds the centring into float32"

CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.PCA": StepEntry(convert_linear_projection, _SINGLE, does=sums_up),
    "sklearn.IncrementalPCA": StepEntry(convert_linear_projection, _SINGLE, does=sums_up),
    "sklearn.KernelPCA": StepEntry(
        convert_kernel_projection, "skl2onnx has no converter", does=sums_up
    ),
}
