"""What is refused before training raises, says why and what to do; what is refused late is real."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
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

from pipeline.convert.lowering import refuse_steps
from pipeline.convert.support.caveats import MODEL_NOTES, OPTION_NOTES, REQUIREMENTS
from pipeline.convert.support.refused_options import (
    ANYWAY,
    LIMITS,
    REFUSALS,
    Facts,
    Limit,
    Refusal,
    limited,
    or_anyway,
    refuse,
    shown,
)
from pipeline.convert.support.refused_when_fitted import LATE, Late
from pipeline.errors import ConversionError
from tests.convert.pipelines import fitted

CANDIDATES: tuple[Any, ...] = (
    *(True, False, None, "a", ["a"], {"a": ["b"]}, "date", ["date"]),
    *("knn", "catboost", "lr", "drop", "iterative", "HashingEncoder", {"class": "HashingEncoder"}),
)
"""Values that options are refused for; every refusal applies to at least one."""


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: r.argument)
def test_every_refusal_raises_with_its_reason_and_an_alternative(refusal: Refusal) -> None:
    refused = [value for value in CANDIDATES if refusal.applies(value)]
    assert refused
    for value in refused:
        with pytest.raises(ConversionError) as raised:
            refuse({refusal.argument: value})
        assert f"{refusal.argument} = {shown(value)} (" in raised.value.message
        assert refusal.reason in raised.value.message
        assert f"{refusal.argument}: {refusal.instead}" in raised.value.hint
        assert "--no-onnx" in raised.value.hint
        assert raised.value.exit_code == 4


def test_every_refused_argument_is_named_at_once() -> None:
    found = {r.argument: next(v for v in CANDIDATES if r.applies(v)) for r in REFUSALS}
    with pytest.raises(ConversionError) as raised:
        refuse(found)
    assert set(raised.value.details["arguments"]) == found.keys()
    refuse({"train_size": 0.8, "session_id": 1})


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.model)
def test_every_limit_has_a_reason_and_lets_small_tables_through(limit: Limit) -> None:
    assert limit.reason
    assert limit.instead
    assert limit.tables
    assert limited([limit.model], Facts(100, 3)) == ()
    assert limited([limit.model], Facts(10**9, 3)) == (limit,)
    assert limited(["another"], Facts(10**9, 3)) == ()


def test_a_gaussian_process_is_refused_from_the_row_on_that_its_converter_refuses() -> None:
    from pipeline.convert.estimators.gaussian_process import _check_size

    for rows, classes in ((11_585, 2), (11_586, 2), (6_688, 3), (6_689, 3)):
        processes = [SimpleNamespace(X_train_=np.zeros((rows, 1)))] * (1 if classes == 2 else 3)
        try:
            _check_size(processes)
        except ConversionError:
            assert limited(["gpc"], Facts(rows, classes))
        else:
            assert not limited(["gpc"], Facts(rows, classes))


@pytest.mark.parametrize("late", LATE, ids=lambda late: late.what)
def test_what_is_refused_late_is_said_by_the_module_it_names(late: Late) -> None:
    spec = find_spec(f"pipeline.convert.{late.module}")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert "ConversionError" in source
    assert late.says in source
    assert late.instead


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
    "steps.step": _twins,
    "steps.iterative_imputer": _dates_before_text,
    "steps.projection": _swallowed_distances,
    "symbolic.raw_inputs": _empty_text,
}


@pytest.mark.parametrize(
    "late", [late for late in LATE if late.before_models], ids=lambda late: late.module
)
def test_what_the_preprocessing_shows_is_refused_before_a_model_is_trained(late: Late) -> None:
    pipeline, frame = PREPARED[late.module]()
    prepared = SimpleNamespace(
        steps=pipeline.steps[:-1], feature_names_in_=pipeline.feature_names_in_
    )
    with pytest.raises(ConversionError, match=late.says) as caught:
        refuse_steps(prepared, frame)
    assert ANYWAY in str(caught.value.hint)
    assert str(caught.value.hint).count("--no-onnx") == 1


@pytest.mark.parametrize("hint", ["", "another encoder", ANYWAY, ConversionError("no").hint])
def test_how_to_train_nonetheless_is_said_once(hint: str) -> None:
    said = or_anyway(hint)
    assert said.startswith(hint)
    assert said.count("--no-onnx") == 1


def test_every_note_is_a_clause_with_a_text() -> None:
    texts = [note.text for note in (*MODEL_NOTES, *OPTION_NOTES, *REQUIREMENTS)]
    assert all(text and not text.endswith(".") for text in texts)


def test_noted_models_exist() -> None:
    from pipeline.tasks import TASKS

    known = {model for task in TASKS.values() for model in task.models}
    assert {note.model for note in MODEL_NOTES} | {limit.model for limit in LIMITS} <= known
