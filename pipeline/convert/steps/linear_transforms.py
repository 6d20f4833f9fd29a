"""Converts custom transformers that are a few products and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.steps.projection import sums_up
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column


def convert_binarizer(step: Step) -> dict[str, Column]:
    """(N, W) ─Greater(threshold), Cast─► (N, W) zeros and ones."""
    x = step.matrix
    return step.cells((x > np.asarray(step.transformer.threshold)).cast(x.dtype))


def convert_normalizer(step: Step) -> dict[str, Column]:
    """(N, W) ─norm of each row─► (N, 1), one where it is next to nothing; ─Div─► (N, W)."""
    x = step.matrix
    norms = {
        "l1": lambda: x.abs().sum(),
        "l2": lambda: (x * x).sum().sqrt(),
        "max": lambda: x.abs().reduce("ReduceMax"),
    }[step.transformer.norm]()
    # scikit-learn's _handle_zeros_in_scale
    tiny = norms < np.asarray(10 * np.finfo(x.dtype).eps)
    return step.cells(x / step.graph.where(tiny, np.ones((1, 1), x.dtype), norms))


def convert_fast_ica(step: Step) -> dict[str, Column]:
    """FastICA: (N, W) ─Sub(means), Gemm─► (N, C)."""
    transformer = step.transformer
    means = transformer.mean_ if transformer.whiten else None
    return _project(step, means, transformer.components_.T)


def convert_factor_analysis(step: Step) -> dict[str, Column]:
    """FactorAnalysis: (N, W) ─Sub(means), Gemm, Gemm─► (N, C) the factors' expected values."""
    fitted = step.transformer
    weighted = fitted.components_ / fitted.noise_variance_
    covariance = np.linalg.inv(np.eye(len(weighted)) + weighted @ fitted.components_.T)
    return _project(step, fitted.mean_, weighted.T, covariance)


def convert_discriminant_projection(step: Step) -> dict[str, Column]:
    """LinearDiscriminantAnalysis: (N, W) ─Sub(means), Gemm─► (N, C)."""
    fitted = step.transformer
    means = fitted.xbar_ if fitted.solver == "svd" else None
    return _project(step, means, fitted.scalings_[:, : fitted._max_components])


def _project(step: Step, means: Any, *matrices: Any) -> dict[str, Column]:
    x: Tensor = step.matrix
    if any(matrix.dtype == DOUBLE for matrix in matrices):
        x = x.cast(DOUBLE)
    if means is not None:
        x = x - np.asarray(means)[None]
    for matrix in matrices:
        x = x @ np.ascontiguousarray(matrix)
    return step.cells(x, step.transformer.get_feature_names_out())


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.Binarizer": StepEntry(
        convert_binarizer,
        "skl2onnx is wrong for a number on the threshold",
        does="turns numbers into 1 above {t.threshold}, else 0",
    ),
    "sklearn.FactorAnalysis": StepEntry(
        convert_factor_analysis, "skl2onnx has no converter", does=sums_up
    ),
    "sklearn.FastICA": StepEntry(convert_fast_ica, "skl2onnx has no converter", does=sums_up),
    "sklearn.LinearDiscriminantAnalysis": StepEntry(
        convert_discriminant_projection, "skl2onnx converts its labels", does=sums_up
    ),
    "sklearn.Normalizer": StepEntry(
        convert_normalizer,
        "skl2onnx divides a row of zeros by zero",
        does="brings each row to length 1",
    ),
}
