"""Converts power transforms: one exponent per column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.convert.functions.yeo_johnson import yeo_johnson
from pipeline.convert.steps.scaling import standardize
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column
from pipeline.errors import ConversionError


def convert_power_transformer(step: Step) -> dict[str, Column]:
    """(N, W) ─((|x| + 1) ^ exponent - 1) / exponent, with x's sign─► (N, W).

    Raises:
        ConversionError: the transformer uses Box and Cox's formula.
    """
    transformer = step.transformer
    if transformer.method != "yeo-johnson":
        raise ConversionError(
            f"step {step.name!r}: expected method yeo-johnson, got {transformer.method}",
            hint="use yeo-johnson",
        )
    x = yeo_johnson(step.matrix, np.asarray(transformer.lambdas_, dtype=float)[None])
    return step.cells(standardize(x, transformer._scaler) if transformer.standardize else x)


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.PowerTransformer": StepEntry(
        convert_power_transformer,
        "skl2onnx computes in float32",
        does="bends numbers towards a bell curve ({t.method})",
    ),
}
