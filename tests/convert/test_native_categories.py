"""Text that reaches LightGBM as it is: pandas' categories, coded as LightGBM codes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import VotingRegressor

from pipeline.convert import convert
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from tests.convert.pipelines import converted, expected

random = np.random.default_rng(7)
FRAME = pd.DataFrame(
    {
        "city": random.choice(["Zoë", "東京", "a b", "x", None], 300),
        "size": random.normal(0.0, 1.0, 300).round(2),
        "grade": random.choice(["low", "high"], 300),
    }
)
TARGET = pd.Series(
    FRAME["size"] + FRAME["city"].eq("x") * 3.0 - FRAME["grade"].eq("low"), name="target"
)
HOSTILE = pd.DataFrame(
    {
        "city": ["x", None, "unseen", "nan", " x", "ZOË", "a b", "東京"],
        "size": [np.nan, 0.0, 1e30, -1.0, 5e-324, 2.5, np.nan, -0.0],
        "grade": ["low", "unseen", None, "high", "LOW", "low", None, "high"],
    }
)
QUICK = {"n_estimators": 20, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}


@pytest.mark.parametrize("kind", ["alone", "among voters"])
def test_known_unseen_and_missing_categories_go_where_lightgbm_sends_them(kind: str) -> None:
    model = LGBMRegressor(**QUICK)
    if kind == "among voters":
        model = VotingRegressor([("a", model), ("b", LGBMRegressor(**{**QUICK, "max_bin": 9}))])
    pipeline = _without_preprocessing(model, TARGET)
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        # The trees' values are added up in LightGBM's own order.
        np.testing.assert_allclose(
            converted(conversion, rows), expected(pipeline, rows), rtol=1e-13, atol=1e-15
        )


def test_classes_of_lightgbm_follow_text_too() -> None:
    pipeline = _without_preprocessing(LGBMClassifier(**QUICK), (TARGET > 0.5).astype(int))
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        assert list(converted(conversion, rows)) == list(expected(pipeline, rows))


def _without_preprocessing(model: object, target: pd.Series) -> object:
    from pycaret.internal.pipeline import Pipeline

    pipeline = Pipeline([("placeholder", None), ("actual_estimator", model)])
    return pipeline.fit(shrink_dtypes(FRAME), target)
