"""Converts the estimators of iterative imputation, with PyCaret's encoders before them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.registry import class_key
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Regression
from pipeline.errors import ConversionError


def predict_imputed(estimator: Any, x: Tensor, width: int) -> Tensor:
    """What a fitted estimator imputes: (M, width) → (M, 1) double.

    Raises:
        ConversionError: the estimator has no exact form.
    """
    if class_key(estimator) == "sklearn.Pipeline":
        encoder, estimator = (member for _, member in estimator.steps)
        x, width = _encode(encoder, x)
    outcome = convert_estimator(estimator, Features.of(x, width), x.graph)
    if isinstance(outcome, Regression):
        return outcome.values
    classes = x.graph.constant(np.asarray(outcome.classes, dtype=DOUBLE))
    return classes.gather(outcome.label, axis=0).reshape(-1, 1)


def _encode(transformer: Any, x: Tensor) -> tuple[Tensor, int]:
    """Categories first, as numbers or one-hot, then the other columns: (M, W) → (M, C)."""
    parts, width = [], 0
    for name, member, columns in transformer.transformers_:
        if not len(columns):
            continue
        chosen = x.columns(np.asarray(columns))
        if name == "remainder":
            parts.append(chosen)
            width += len(columns)
        else:
            part, count = _categories(member, chosen)
            parts.append(part)
            width += count
    return x.graph.concat(parts), width


def _categories(encoder: Any, x: Tensor) -> tuple[Tensor, int]:
    """scikit-learn's encoder of whole numbers: (M, k) → (M, C) double.

    one-hot: (M, k) ─Gather─► (M, ΣC) ─Equal(categories)─► zeros and ones, an unknown has no one.
    ordinal: the same ─Gemm─► (M, k), the position of the one; -1 for an unknown category.
    """
    if class_key(encoder) not in ENCODERS:
        raise ConversionError(
            f"expected one of {', '.join(ENCODERS)} before an imputer's estimator, "
            f"got {class_key(encoder)}",
            hint="leave the iterative imputers to PyCaret's own preparation",
        )
    categories = [np.asarray(values, dtype=DOUBLE) for values in encoder.categories_]
    owners = np.repeat(np.arange(len(categories)), [len(values) for values in categories])
    met = x.columns(owners).equal(np.concatenate(categories)[np.newaxis]).cast(DOUBLE)
    if class_key(encoder) == "sklearn.OneHotEncoder":
        return met, len(owners)
    return met.graph.affine(met, _positions(categories), -np.ones(len(categories))), len(categories)


def _positions(categories: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(ΣC, k): one more than the category's position, in the column that it belongs to."""
    table = np.zeros((sum(map(len, categories)), len(categories)))
    start = 0
    for column, values in enumerate(categories):
        table[start : start + len(values), column] = np.arange(len(values)) + 1
        start += len(values)
    return table


ENCODERS: Mapping[str, str] = {
    "sklearn.OneHotEncoder": "one column per category",
    "sklearn.OrdinalEncoder": "the position of the category",
}
"""What PyCaret puts before estimators that read no categories."""
