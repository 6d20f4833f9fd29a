"""One fitted pipeline in, one graph out, with what it says of its columns and labels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import category_encoders as ce
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from pipeline.convert.lowering import convert, convert_preprocessing, refuse_steps
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.convert.support.caveat import ANYWAY
from pipeline.errors import ConversionError
from pipeline.manifest import Output
from pipeline.manifest.columns import Input
from tests.convert.pipelines import converted, expected, fitted

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, 80),
        "rate": np.where(RNG.random(80) < 0.2, np.nan, RNG.normal(size=80)),
        "city": RNG.choice(["Zoë", "b", "a b"], 80),
    }
)
STEPS: list[tuple[str, Any, list[str] | None]] = [
    ("imputer", SimpleImputer(), ["rate"]),
    ("encoding", ce.OrdinalEncoder(cols=["city"]), ["city"]),
]
NUMBERS = FRAME.drop(columns="city")


def test_a_conversion_says_what_goes_in_and_comes_out() -> None:
    pipeline = fitted(FRAME, STEPS)
    found = convert(pipeline, FRAME.assign(unknown=1))
    assert found.inputs == (Input("age", "number"), Input("rate", "number"), Input("city", "text"))
    assert found.outputs == (Output("prediction_label", "tensor(double)", ("N",)),)
    assert found.labels is None and found.required == () and found.requires == {}
    assert found.origins == ("age", "rate", None)
    rows = FRAME.assign(city="unseen")
    np.testing.assert_allclose(converted(found, rows), expected(pipeline, rows), rtol=1e-12)


def test_what_the_estimator_reads_is_a_graph_of_its_own() -> None:
    pipeline = fitted(NUMBERS, [*STEPS[:1], ("scaling", StandardScaler(), None)])
    found = convert_preprocessing(pipeline, NUMBERS)
    session = onnxruntime.InferenceSession(found.model.SerializeToString())
    feeds = {str(n): NUMBERS[n].to_numpy(dtype=float)[:, None] for n in NUMBERS}
    (matrix,) = session.run(["features"], feeds)
    np.testing.assert_allclose(matrix, transform_rows(pipeline, NUMBERS), rtol=1e-6)


def test_a_row_that_lacks_a_column_is_refused_by_its_name() -> None:
    with pytest.raises(ConversionError, match=r"expected the rows to have the columns \['rate'\]"):
        convert(fitted(FRAME, STEPS), FRAME.drop(columns="rate"))


def test_a_step_without_a_form_is_refused_before_there_is_a_model() -> None:
    frame = NUMBERS.fillna(0)
    pipeline = fitted(frame, [("own", FunctionTransformer(np.arctan), None)])
    prepared = SimpleNamespace(
        steps=pipeline.steps[:-1], feature_names_in_=pipeline.feature_names_in_
    )
    with pytest.raises(ConversionError, match="FunctionTransformer") as caught:
        refuse_steps(prepared, frame)
    assert ANYWAY in caught.value.hint
    refuse_steps(SimpleNamespace(steps=[], feature_names_in_=["age", "y"]), frame)


def classifier(classes: Any) -> Any:
    """A pipeline that PyCaret would make for these classes: numbers inside, labels outside."""
    frame = pd.DataFrame({"x": np.linspace(-1, 1, 60)})
    model = LogisticRegression().fit(frame, np.repeat(np.arange(len(classes)), 60 // len(classes)))
    encoder = SimpleNamespace(transformer=SimpleNamespace(classes_=np.array(classes)))
    steps = [("label_encoding", encoder), ("model", model)]
    return SimpleNamespace(steps=steps, feature_names_in_=["x", "y"]), frame


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (["no", "yes"], ("no", "yes")),
        (["Zoë", "a b", "c"], ("Zoë", "a b", "c")),
        ([3, 5, 8], (3, 5, 8)),
        ([0.0, 1.0], (0, 1)),
        (["1", "2"], (1, 2)),
    ],
)
def test_labels_are_those_that_predict_model_returns(classes: Any, labels: Any) -> None:
    found = convert(*classifier(classes))
    assert found.labels == labels
    kind = "tensor(string)" if isinstance(labels[0], str) else "tensor(int64)"
    score = Output("prediction_score", "tensor(double)", ("N", len(labels)))
    assert found.outputs == (Output("prediction_label", kind, ("N",)), score)


def test_labels_that_predict_model_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(ConversionError, match="integers that coincide"):
        convert(*classifier([0.2, 0.7]))


def test_a_model_without_a_step_reads_the_raw_columns() -> None:
    frame = NUMBERS.fillna(0)
    model = LinearRegression().fit(frame.astype("float32"), np.arange(80.0))
    bare = SimpleNamespace(steps=[("model", model)], feature_names_in_=["age", "rate", "y"])
    assert convert(bare, frame).origins == ("age", "rate")
