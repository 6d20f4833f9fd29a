"""Inverts the target transformation, as predict_model does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.functions.interpolation import interpolate_inverse
from pipeline.convert.functions.normal_distribution import ndtr
from pipeline.convert.functions.yeo_johnson import yeo_johnson_inverse
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.registry import Entry, find_converter
from pipeline.convert.symbolic.outputs import Outcome, Regression
from pipeline.errors import ConversionError

Inverse = Callable[[Tensor, Any], Tensor]
"""(transformed target (N, 1), fitted transformer) -> target (N, 1)."""


def restore_target(outcome: Outcome, pipeline: Any, sample: pd.DataFrame) -> Outcome:
    """The outcome in the target's own units; the same outcome where nothing was transformed.

    Args:
        outcome: what the estimator answers.
        pipeline: the fitted pipeline.
        sample: rows as the estimator reads them. It is asked for two of them in float64, as the
            graph computes; the inverse keeps the dtype of its answer.

    Raises:
        ConversionError: a transformer without an exact inverse.
    """
    wrapper = dict(pipeline.steps).get("target_transformation")
    if wrapper is None or not isinstance(outcome, Regression):
        return outcome
    transformer = wrapper.transformer.estimator
    convert = find_converter(CONVERTERS, transformer, "target transformation").convert
    singles = sample.columns[sample.dtypes == np.float32]
    doubles = sample.head(2).astype(dict.fromkeys(singles, np.float64))
    answered = np.asarray(pipeline.steps[-1][1].predict(doubles)).dtype
    values = outcome.values.cast(FLOAT if answered == FLOAT else DOUBLE)
    return Regression(convert(values, transformer).cast(DOUBLE))


def invert_power_transform(y: Tensor, transformer: Any) -> Tensor:
    """(N, 1) ─(|y| · exponent + 1) ^ (1 / exponent) - 1, with y's sign─► (N, 1).

    Raises:
        ConversionError: the transformer standardizes, or uses Box and Cox's formula.
    """
    if transformer.method != "yeo-johnson" or transformer.standardize:
        raise ConversionError(
            "expected a target transformed by yeo-johnson without standardizing",
            hint="set transform_target_method to yeo-johnson or quantile",
        )
    return yeo_johnson_inverse(y, np.asarray(transformer.lambdas_, dtype=float)[None])


def invert_quantile_transform(y: Tensor, transformer: Any) -> Tensor:
    """(N, 1) ─normal distribution function─► probability ─place to number─► (N, 1)."""
    p = y.cast(DOUBLE)
    if transformer.output_distribution == "normal":
        p = ndtr(p, width=1)
    return interpolate_inverse(p, transformer).cast(y.dtype)


CONVERTERS: Mapping[str, Entry[Inverse]] = {
    "sklearn.PowerTransformer": Entry(invert_power_transform, "skl2onnx has no inverse"),
    "sklearn.QuantileTransformer": Entry(invert_quantile_transform, "skl2onnx has no inverse"),
}
