from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from pipeline.adopt.array_model import adopt_model
from pipeline.adopt.framework import find_framework
from pipeline.adopt.sample import Sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import UsageError
from pipeline.manifest.tensors import Tensor

X = np.random.default_rng(0).normal(100, 3, (60, 4))
Y = (X.sum(axis=1) > 400).astype(int)


def _export(model: Any, x: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's answers, and those of its graph."""
    framework, sample = find_framework(model), Sample({"input": x})
    assert framework.check(model) == []
    inputs = framework.find_inputs(model, sample, AdoptConfig())
    expected = framework.predict(model, sample.arrays)
    graph = framework.export(model, inputs, list(expected), sample, Path())
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    assert [value.shape for value in session.get_inputs()] == [["batch", 4]]
    return expected, dict(zip(expected, session.run(None, {"input": x}), strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", [LogisticRegression(), RandomForestClassifier(9), Ridge()])
def test_one_array_is_split_inside_the_graph(estimator: Any, dtype: Any) -> None:
    model = Pipeline([("scale", StandardScaler()), ("model", estimator)])
    expected, got = _export(model.fit(X.astype(dtype), Y), X.astype(dtype))
    for name, want in expected.items():
        np.testing.assert_allclose(
            got[name], want, rtol=0, atol=1e-6 if dtype == np.float32 else 1e-12
        )


@pytest.mark.parametrize(
    ("dtype", "settings", "rtol"),
    [("float64", {}, 1e-9), ("float32", {}, 1e-3), ("float64", {"rtol": 1e-6}, 1e-6)],
)
def test_float64_is_held_to_its_own_bound(dtype: str, settings: Any, rtol: float) -> None:
    x = X.astype(dtype)
    model = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())]).fit(x, Y)
    adopted = adopt_model(model, Sample({"input": x}), AdoptConfig(**settings))
    assert adopted.bound.rtol == rtol
    assert adopted.proof.passed, adopted.proof.text


def test_xgboost_computes_in_float32_whatever_it_is_given() -> None:
    model = XGBClassifier(n_estimators=3).fit(X, Y)
    inputs = (Tensor("input", "float64", ("batch", 4)),)
    assert find_framework(model).find_bound(model, inputs) is None  # type: ignore[attr-defined]


def test_a_sample_of_integers_is_refused_with_a_way_out() -> None:
    model = LogisticRegression().fit(X, Y)
    with pytest.raises(UsageError, match="int64"):
        _export(model, X.astype(int))


def test_a_model_that_is_not_fitted_is_refused() -> None:
    with pytest.raises(UsageError, match="not fitted"):
        find_framework(Ridge()).check(Ridge())


def test_a_transformer_alone_predicts_nothing() -> None:
    with pytest.raises(UsageError, match="predict"):
        find_framework(StandardScaler()).check(StandardScaler().fit(X))
