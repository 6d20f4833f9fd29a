"""One custom transformer in a pipeline, against the fitted original on hostile rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.convert import convert
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

random = np.random.default_rng(4)

# Whole numbers that float32 cannot be sure of, so that PyCaret computes in float64.
FRAME = pd.DataFrame(
    {
        "age": random.integers(18, 90_000, 80),
        "rate": random.normal(0.0, 1.0, 80).round(3),
        "sum": random.lognormal(3.0, 1.0, 80),
    }
)

HOSTILE = pd.DataFrame(
    {
        "age": [0, 0, -1, 10**9, 18, 90, 1, 40],
        "rate": [0.0, -0.0, 1e-30, 1e6, -3.0, 0.123, -1e-7, 0.0],
        "sum": [0.0, 1e-300, 7.0, 1e12, -1.0, 20.0855, 1.0, 0.0],
    }
)

NUMBERS = ["age", "rate", "sum"]


def assert_agrees(transformer: Any) -> None:
    """A transformer that was fitted with classes, in a pipeline that does not fit it again."""
    from sklearn.base import BaseEstimator

    class Fitted(BaseEstimator):
        def fit(self, X: Any) -> Any:
            return self

        def transform(self, X: Any) -> Any:
            return transformer.transform(X)

        def get_feature_names_out(self) -> Any:
            return transformer.get_feature_names_out()

    pipeline = fitted(FRAME, [("custom", Fitted(), None)])
    pipeline.steps[0][1].transformer = transformer
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        wanted = expected(pipeline, rows)
        np.testing.assert_allclose(converted(conversion, rows), wanted, rtol=1e-10)


def assert_custom(transformer: Any) -> None:
    """A transformer that the pipeline fits, and its nodes."""
    pipeline = fitted(FRAME, [("custom", transformer, None)])
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        wanted = expected(pipeline, rows)
        # A few roundings of products, seen through a sum of columns of unequal size.
        np.testing.assert_allclose(
            converted(conversion, rows), wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max()
        )


def assert_refused(transformer: Any, says: str) -> None:
    """A transformer without an exact form."""
    pipeline = fitted(FRAME.abs(), [("custom", transformer, None)])
    with pytest.raises(ConversionError, match=says):
        convert(pipeline, FRAME.abs())
