"""Fitted models from elsewhere: refused before anything is exported, by the name of the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from pipeline.convert.fitted_model import convert_fitted_model
from pipeline.errors import ConversionError

FRAME = pd.DataFrame({"a": np.arange(20.0), "b": [1, 2] * 10})
Y = [0, 1] * 10
LOG = FunctionTransformer(np.log1p, feature_names_out="one-to-one")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Pipeline([("curve", LOG), ("model", LogisticRegression())]), "step 'curve': sklearn.Func"),
        (
            Pipeline(
                [
                    ("columns", ColumnTransformer([("own", LOG, ["a"])])),
                    ("model", LogisticRegression()),
                ]
            ),
            "step 'columns': 'own': sklearn.FunctionTransformer",
        ),
        (make_pipeline(StandardScaler(), HistGradientBoostingClassifier()), "HistGradient"),
        (make_pipeline(StandardScaler(), "passthrough"), "passthrough"),
        (
            make_pipeline(
                ColumnTransformer(
                    [("code", OneHotEncoder(), ["b"]), ("number", StandardScaler(), ["b"])]
                ),
                LogisticRegression(),
            ),
            "column 'b'",
        ),
    ],
    ids=["step", "inner step", "estimator", "no estimator", "number and category"],
)
def test_what_has_no_exact_form_is_refused_by_name(model: Any, says: str) -> None:
    with pytest.raises(ConversionError, match=says):
        convert_fitted_model(model.fit(FRAME, Y), FRAME)


@pytest.mark.parametrize("labels", [["1", "2"], [True, False], [2.0, 7.0]])
def test_classes_keep_their_kind(labels: list[Any]) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(FRAME, labels * 10)
    found = convert_fitted_model(model, FRAME).labels
    assert found == tuple(sorted(labels))
