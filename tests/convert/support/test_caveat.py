"""What is refused before training raises, says why and what to do; what is refused late is real."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import category_encoders as ce
import numpy as np
import pandas as pd
import pytest
from pycaret.internal.preprocess.iterative_imputer import IterativeImputer
from pycaret.internal.preprocess.transformers import ExtractDateTimeFeatures
from sklearn.decomposition import KernelPCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from docs.build import refused_when_fitted
from pipeline.convert.lowering import refuse_steps
from pipeline.convert.steps import iterative_imputer, projection, step
from pipeline.convert.support.caveat import (
    ANYWAY,
    Caveat,
    CaveatKind,
    UnconvertibleError,
    suggest_training_anyway,
)
from pipeline.convert.symbolic import raw_inputs
from pipeline.errors import ConversionError
from tests.convert.pipelines import fitted


def test_every_refusal_says_what_to_do_instead() -> None:
    late = refused_when_fitted()
    assert late
    for row in late:
        assert row.instead
        assert row.error("got something").hint == row.instead
        assert row.error("got something", "do another").hint == "do another"


def _dates_before_text() -> tuple[Any, pd.DataFrame]:
    grades = np.where(np.arange(60) % 7, ["low", "high", "mid"] * 20, None)
    days = pd.date_range("2020-01-01", periods=60)
    frame = pd.DataFrame({"day": days, "x": np.arange(60.0), "grade": grades})
    imputer = IterativeImputer(
        num_estimator=DecisionTreeRegressor(max_depth=2),
        cat_estimator=DecisionTreeClassifier(max_depth=2),
        max_iter=1,
        categorical_indices=[2],  # where the text was in the raw table
        num_estimator_prepare_for_categoricals_type="ordinal",
        cat_estimator_prepare_for_categoricals_type="ordinal",
    )
    encoding = ce.OneHotEncoder(cols=["grade"], handle_missing="value", use_cat_names=True)
    filling = SimpleImputer(strategy="constant", fill_value=0.0)
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("dates", ExtractDateTimeFeatures(), ["day"]),
        ("imputer", imputer, None),
        ("encoding", encoding, ["grade"]),
        ("filling", filling, None),
    ]
    return fitted(frame, steps), frame


def _swallowed_distances() -> tuple[Any, pd.DataFrame]:
    frame = pd.DataFrame(np.random.default_rng(0).normal(1e7, 1.0, (50, 3)), columns=list("abc"))
    return fitted(frame, [("pca", KernelPCA(n_components=2, kernel="rbf"), None)]), frame


def _empty_text() -> tuple[Any, pd.DataFrame]:
    frame = pd.DataFrame({"city": ["", "Rome", "Oslo"] * 10})
    return fitted(frame, [("encoding", ce.OrdinalEncoder(cols=["city"]), ["city"])]), frame


def _twins() -> tuple[Any, pd.DataFrame]:
    frame = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0) % 7})
    frame["a^2"] = frame["a"] ** 2
    return fitted(frame, [("polynomial", PolynomialFeatures(include_bias=False), None)]), frame


PREPARED = {
    step.TWICE: _twins,
    iterative_imputer.CONFUSED: _dates_before_text,
    projection.ROUNDED: _swallowed_distances,
    raw_inputs.EMPTY_TEXT: _empty_text,
}


def test_every_caveat_of_the_preprocessing_has_an_example() -> None:
    found = {row for row in refused_when_fitted() if row.kind is CaveatKind.refused_when_prepared}
    assert found == PREPARED.keys()


@pytest.mark.parametrize("row", PREPARED, ids=lambda row: row.subject)
def test_what_the_preprocessing_shows_is_refused_before_a_model_is_trained(row: Caveat) -> None:
    pipeline, frame = PREPARED[row]()
    prepared = SimpleNamespace(
        steps=pipeline.steps[:-1], feature_names_in_=pipeline.feature_names_in_
    )
    with pytest.raises(ConversionError) as caught:
        refuse_steps(prepared, frame)
    assert isinstance(caught.value.__cause__, UnconvertibleError)
    assert caught.value.__cause__.hint == row.instead
    assert caught.value.hint == suggest_training_anyway(row.instead)


@pytest.mark.parametrize("hint", ["", "another encoder", ANYWAY, ConversionError("no").hint])
def test_how_to_train_nonetheless_is_said_once(hint: str) -> None:
    said = suggest_training_anyway(hint)
    assert said.startswith(hint)
    assert said.count("--no-onnx") == 1
