"""Encoders as tables: whatever the fitted encoder does with a value, the graph does."""

from __future__ import annotations

from typing import Any

import category_encoders as ce
import numpy as np
import pandas as pd
import pytest
from category_encoders.wrapper import NestedCVWrapper, PolynomialWrapper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycaret.internal.preprocess.transformers import RareCategoryGrouping
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from pipeline.convert import convert
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

FRAME = pd.DataFrame(
    {
        "city": ["Zoë", "東京", "a b", None, "a b", "Zoë", "x", "y"] * 5,
        "grade": ["low", "high", "low", "low", "high", "high", None, "low"] * 5,
    }
)
BINARY = pd.Series([0, 1, 1, 0, 1] * 8, name="target")
HOSTILE = pd.DataFrame(
    {
        "city": ["Zoë", None, np.nan, "zoë", " a b", "a b ", "unseen", "nan", "None", "Zoë y"],
        "grade": ["high", "low", "HIGH", None, "low", "unseen", np.nan, "low", "high", "low"],
    }
)

ENCODERS = {
    "ordinal as PyCaret sets it": ce.OrdinalEncoder(
        cols=["city", "grade"],
        mapping=[
            {"col": "city", "mapping": {"Zoë": 0, "東京": 1, "a b": 2, "x": 3, np.nan: -1}},
            {"col": "grade", "mapping": {"low": 0, "high": 1, np.nan: -1}},
        ],
        handle_missing="return_nan",
        handle_unknown="value",
    ),
    "one-hot as PyCaret sets it": ce.OneHotEncoder(
        cols=["city", "grade"],
        use_cat_names=True,
        handle_missing="return_nan",
        handle_unknown="value",
    ),
    "target as PyCaret sets it": ce.TargetEncoder(
        cols=["city", "grade"], handle_missing="return_nan", handle_unknown="value"
    ),
    **{
        f"{name} with its defaults": getattr(ce, name)()
        for name in sorted(set(ce.__all__) - {"HashingEncoder"})
    },
    "ordinal of scikit-learn": OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-9, encoded_missing_value=-8
    ),
    "one-hot of scikit-learn": OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
    "small groups counted together": ce.CountEncoder(min_group_size=6, min_group_name="Zoë y"),
    "unseen and missing as columns of their own": ce.OneHotEncoder(
        handle_unknown="indicator", handle_missing="indicator"
    ),
    "unseen and missing stay missing": ce.JamesSteinEncoder(
        handle_unknown="return_nan", handle_missing="return_nan"
    ),
    "with noise while it learns": ce.CatBoostEncoder(sigma=0.2, random_state=1),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_encoder_and_graph_agree_on_known_unseen_and_missing_text(name: str) -> None:
    pipeline = _with_zero_for_missing(ENCODERS[name], FRAME, BINARY)
    for rows in (FRAME, HOSTILE):
        graph = converted(convert(pipeline, FRAME), rows)
        # The encodings are the fitted encoder's own numbers; only a sum of products follows.
        np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14, atol=1e-12)


@pytest.mark.parametrize(
    ("encoder", "target"),
    [
        (NestedCVWrapper(ce.TargetEncoder(), cv=2, random_state=1), BINARY),
        (PolynomialWrapper(ce.TargetEncoder()), pd.Series([0, 1, 2, 0, 1] * 8, name="target")),
    ],
    ids=["nested", "several classes"],
)
def test_wrapped_encoders_and_graph_agree(encoder: Any, target: pd.Series) -> None:
    pipeline = _with_zero_for_missing(encoder, FRAME, target)
    for rows in (FRAME, HOSTILE):
        graph = converted(convert(pipeline, FRAME), rows)
        np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14, atol=1e-12)


def test_conversion_from_few_rows_knows_the_categories_of_the_fitted_encoder() -> None:
    pipeline = _with_zero_for_missing(ENCODERS["one-hot as PyCaret sets it"], FRAME)
    graph = converted(convert(pipeline, FRAME.head(1)), FRAME)
    np.testing.assert_allclose(graph, expected(pipeline, FRAME), rtol=1e-14)


def test_rare_categories_are_grouped_before_they_are_encoded() -> None:
    frame = pd.DataFrame({"city": ["a"] * 20 + ["b"] * 18 + ["c", "d"], "grade": ["low"] * 40})
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("rare", RareCategoryGrouping(0.1, "rare"), ["city"]),
        ("onehot", ce.OneHotEncoder(cols=["city"], use_cat_names=True), ["city"]),
        ("grade", ce.OrdinalEncoder(cols=["grade"]), ["grade"]),
    ]
    pipeline = fitted(frame, steps)
    rows = pd.DataFrame({"city": ["a", "b", "c", "d", "unseen"], "grade": ["low"] * 5})
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14)


def test_numeric_categories_match_by_value_whatever_their_dtype() -> None:
    frame = pd.DataFrame({"code": [3, 1, 2] * 10, "share": [0.1, 0.2, 0.7] * 10})
    encoder = ce.OneHotEncoder(cols=["code", "share"], use_cat_names=True)
    pipeline = fitted(frame, [("onehot", encoder, ["code", "share"])])
    rows = pd.DataFrame({"code": [1.0, 2.0, 9.0, 3.0], "share": [0.7, 0.3, 0.1, 0.2]})
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14)


@pytest.mark.parametrize("name", ["OneHotEncoder", "JamesSteinEncoder", "BaseNEncoder"])
def test_a_value_that_the_encoder_refuses_becomes_a_missing_number(name: str) -> None:
    frame = FRAME.dropna().reset_index(drop=True)
    encoder = getattr(ce, name)(handle_unknown="error", handle_missing="error")
    pipeline = fitted(frame, [("encoding", encoder, ["city", "grade"])])
    conversion = convert(pipeline, frame)
    np.testing.assert_allclose(
        converted(conversion, frame), expected(pipeline, frame), rtol=1e-14, atol=1e-12
    )
    rows = pd.DataFrame({"city": ["unseen", None], "grade": ["low", "low"]})
    with pytest.raises(ValueError, match=r"null|categor|new values"):
        expected(pipeline, rows)
    assert np.isnan(converted(conversion, rows)).all()


def test_a_column_that_the_encoder_refuses_does_not_spoil_the_others() -> None:
    """A word among numbers ends in an error of float(); the same word among words has its mean."""
    frame = pd.DataFrame({"code": [3.0, 1.0, 2.0, 1.0] * 10, "grade": FRAME["grade"].fillna("low")})
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("words", SimpleImputer(strategy="constant", fill_value="nothing"), ["grade", "code"]),
        ("encoding", ce.LeaveOneOutEncoder(cols=["grade", "code"]), ["grade", "code"]),
    ]
    target = frame["code"] + (frame["grade"] == "low")
    pipeline = fitted(frame.astype(object), steps, target.rename("target"))
    conversion = convert(pipeline, frame)
    rows = pd.DataFrame({"code": [1.0, 2.0, 3.0], "grade": ["unseen", None, "high"]})
    np.testing.assert_allclose(
        converted(conversion, rows), expected(pipeline, rows.astype(object)), rtol=1e-14
    )
    refused = pd.DataFrame({"code": [np.nan], "grade": ["low"]})
    with pytest.raises(ValueError, match="could not convert"):
        expected(pipeline, refused.astype(object))
    assert np.isnan(converted(conversion, refused)).all()


def test_numbers_that_an_encoder_leaves_alone_stay_numbers() -> None:
    """Encoders take text by default; a number that was never seen is not unseen to them."""
    frame = FRAME.assign(code=[3, 1, 2, 4] * 10).fillna("x")
    encoder = ce.TargetEncoder()
    pipeline = fitted(frame, [("encoding", encoder, ["city", "grade", "code"])])
    rows = frame.head(4).assign(code=[9.5, -1.0, 1e6, 3.0])
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14)


def test_rare_numbers_are_grouped_under_a_text() -> None:
    frame = pd.DataFrame({"code": [1.0, 2.0, 3.5, 4.0, *[1.0, 2.0] * 18], "grade": ["low"] * 40})
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("rare", RareCategoryGrouping(0.1), ["code"]),
        ("encoding", ce.OneHotEncoder(cols=["code"], use_cat_names=True), ["code"]),
        ("grade", ce.OrdinalEncoder(cols=["grade"]), ["grade"]),
    ]
    pipeline = fitted(frame, steps)
    rows = pd.DataFrame({"code": [1.0, 2.0, 3.5, 4.0, 9.0], "grade": ["low"] * 5})
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-14)


def test_hashes_of_unknown_text_are_refused() -> None:
    pipeline = fitted(FRAME, [("encoding", ce.HashingEncoder(), ["city", "grade"])])
    with pytest.raises(ConversionError, match="HashingEncoder has no exact conversion"):
        convert(pipeline, FRAME)


def test_empty_text_in_the_training_rows_is_refused() -> None:
    frame = FRAME.fillna({"city": "", "grade": ""})
    pipeline = _with_zero_for_missing(ce.OrdinalEncoder(cols=["city", "grade"]), frame)
    with pytest.raises(ConversionError, match="empty text, which means missing"):
        convert(pipeline, frame)


categories = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    known=st.lists(categories, min_size=2, max_size=6, unique=True),
    others=st.lists(st.one_of(categories, st.none()), min_size=1, max_size=6),
)
def test_any_text_gets_what_the_fitted_encoder_gives_it(
    known: list[str], others: list[str | None]
) -> None:
    frame = pd.DataFrame({"city": known * 4, "grade": ["low", "high"] * 2 * len(known)})
    pipeline = _with_zero_for_missing(ce.TargetEncoder(cols=["city", "grade"]), frame)
    rows = pd.DataFrame({"city": [*known, *others], "grade": ["low"] * (len(known) + len(others))})
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-13, atol=1e-12)


def _with_zero_for_missing(
    encoder: Any, frame: pd.DataFrame, target: pd.Series | None = None
) -> Any:
    """Encoded missing values are NaN, which a linear model refuses: fill them afterwards."""
    from sklearn.base import clone

    zero = SimpleImputer(strategy="constant", fill_value=-7)
    steps: list[tuple[str, Any, list[str] | None]] = [
        ("encoding", clone(encoder), ["city", "grade"]),
        ("zero", zero, None),
    ]
    return fitted(frame, steps, target)
