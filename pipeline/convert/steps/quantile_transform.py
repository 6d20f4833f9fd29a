"""Converts quantile transforms: a number's rank among the training numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special

from pipeline.convert.functions.interpolation import BOUND, interpolate_averaged
from pipeline.convert.functions.normal_distribution import LOWEST, ndtri
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column

CLIP = BOUND - float(np.spacing(1))
"""The probabilities 0 and 1 are moved this far inside."""


def convert_quantile_transformer(step: Step) -> dict[str, Column]:
    """(N, W) ─place among the quantiles─► probabilities (N, W) ─normal quantile─► (N, W)."""
    transformer = step.transformer
    place = _round_like_sklearn(interpolate_averaged(step.matrix, transformer), step.dtype)
    if transformer.output_distribution == "normal":
        # Cut off at SciPy's own numbers: models of collinear columns amplify their last digit.
        ends = scipy.special.ndtri([CLIP, 1 - CLIP])
        normal = ndtri(place.clip(LOWEST, 1 - LOWEST), len(step.columns)).clip(*ends)
        place = _round_like_sklearn(normal, step.dtype)
    return step.cells(place)


def _round_like_sklearn(x: Tensor, dtype: np.dtype[Any]) -> Tensor:
    """Double, rounded where scikit-learn writes results back into float32."""
    return x.round32() if dtype == FLOAT else x.cast(DOUBLE)


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.QuantileTransformer": StepEntry(
        convert_quantile_transformer,
        "skl2onnx has no converter",
        does="replaces numbers by their rank ({t.output_distribution})",
    ),
}
