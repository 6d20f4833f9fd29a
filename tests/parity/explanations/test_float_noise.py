"""The exact value of a fitted model, and what it may excuse."""

from __future__ import annotations

import warnings
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from pipeline.automl.experiment import SearchResult
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.data.dataset import Dataset
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.float_noise import compute_exact_values, estimate_rounding
from pipeline.parity.pycaret_reference import predict_with_pycaret
from pipeline.runtime.predictions import Predictions
from tests.parity.trials import graph, on_trial
from tests.tables import trained

BOUNDS = Bounds(exact=1e-9, single=1e-5, scale=10.0)


@pytest.fixture(scope="module")
def ridge() -> tuple[SearchResult, Dataset]:
    return trained("insurance", "kr")


@pytest.fixture(scope="module")
def rows(ridge: tuple[SearchResult, Dataset]) -> pd.DataFrame:
    """Rows between those of the table, where more of the sum cancels."""
    frame = ridge[1].frame.drop(columns="charges").sample(600, random_state=3, ignore_index=True)
    random = np.random.default_rng(3)
    return frame.assign(age=frame["age"] * random.random(600), bmi=random.random(600) * 60)


def test_the_exact_value_is_the_dual_sum_of_the_fitted_model(
    ridge: tuple[SearchResult, Dataset], rows: pd.DataFrame
) -> None:
    model = ridge[0].pipeline.steps[-1][1]
    read = transform_rows(ridge[0].pipeline, rows.head(3)).to_numpy(dtype=float)
    found = compute_exact_values(ridge[0], rows.head(3))
    assert found is not None
    for row, value in zip(read, found, strict=True):
        kernel = [
            sum(map(Fraction.__mul__, map(Fraction, row), map(Fraction, known)))
            for known in model.X_fit_.tolist()
        ]
        dual = sum(k * Fraction(float(c)) for k, c in zip(kernel, model.dual_coef_, strict=True))
        assert value == float(dual)


def test_a_graph_that_gives_the_exact_value_passes_where_pycaret_rounds(
    ridge: tuple[SearchResult, Dataset], rows: pd.DataFrame
) -> None:
    trial = on_trial(ridge[0], rows, graph(*ridge, rows), BOUNDS)
    assert (trial.errors > BOUNDS.exact).sum() > 3  # or this shows nothing
    assert not trial.failed.any()
    assert (trial.noisy == (trial.errors > BOUNDS.exact)).all()


def test_a_graph_that_is_off_the_exact_value_does_not(
    ridge: tuple[SearchResult, Dataset], rows: pd.DataFrame
) -> None:
    some = rows.head(40)  # few enough to be looked at
    exact = compute_exact_values(ridge[0], some)
    assert exact is not None
    off = on_trial(ridge[0], some, Predictions(exact * (1 + 1e-8), None), BOUNDS)
    assert off.failed.sum() > len(some) / 2


def alone(model: Any, columns: str) -> Any:
    """A training whose pipeline is the model."""
    pipeline = SimpleNamespace(
        steps=[("model", model)],
        feature_names_in_=[*columns, "y"],
        inverse_transform=lambda values: values,
    )
    return SimpleNamespace(pipeline=pipeline)


@pytest.mark.parametrize(
    "model",
    [
        KernelRidge(kernel="rbf"),
        MLPRegressor(activation="tanh", max_iter=300),
        MLPRegressor(max_iter=300),  # of several targets
        MLPClassifier(max_iter=300),
        SimpleNamespace(),
    ],
)
def test_other_models_have_no_exact_value_here(model: Any) -> None:
    if isinstance(model, KernelRidge):
        model.fit(np.eye(3), np.arange(3))
    elif not isinstance(model, SimpleNamespace):
        several = isinstance(model, MLPRegressor) and model.activation == "relu"
        model.fit(np.eye(3), np.eye(3) if several else np.arange(3))
    assert compute_exact_values(alone(model, "a"), pd.DataFrame({"a": [1.0]})) is None


@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("layers", [(5,), (4, 3)])
def test_the_exact_value_of_a_network_is_scikit_learns_but_for_rounding(
    activation: str, layers: tuple[int, ...]
) -> None:
    random = np.random.default_rng(0)
    known, target = random.normal(size=(60, 3)), random.normal(size=60)
    model = MLPRegressor(layers, activation=activation, max_iter=30, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(known, target)
    rows = pd.DataFrame(random.normal(size=(20, 3)) * 100, columns=list("abc"))
    found = compute_exact_values(alone(model, "abc"), rows)
    assert found is not None
    # predict_model reads these columns as float32
    np.testing.assert_allclose(
        found, model.predict(rows.astype(np.float32).to_numpy(dtype=float)), rtol=1e-12
    )


def test_a_row_that_is_not_finite_has_no_exact_value() -> None:
    model = KernelRidge(kernel="linear").fit([[1.0], [2.0]], [1.0, 3.0])
    found = compute_exact_values(alone(model, "a"), pd.DataFrame({"a": [2.0, np.inf, np.nan]}))
    assert found is not None
    np.testing.assert_allclose(found[:1], model.predict([[2.0]]), rtol=1e-12)
    assert np.isnan(found[1:]).all()


@pytest.fixture(scope="module")
def shares() -> tuple[SearchResult, pd.DataFrame, Any]:
    """A naive Bayes whose classes share a column of huge terms; what their last digit is worth."""
    known, dataset = trained("juice", "nb")
    model = known.pipeline.steps[-1][1]
    model.theta_[:, 0], model.var_[:, 0] = 0.0, 1e-5
    rows = dataset.frame[list(dataset.features)].head(40)
    digits = estimate_rounding(known, rows)
    return known, rows, digits


@pytest.mark.long
def test_a_classifier_may_be_off_by_the_last_digits_of_its_largest_term(
    shares: tuple[SearchResult, pd.DataFrame, Any],
) -> None:
    known, rows, digits = shares
    theirs = predict_with_pycaret(known, rows)
    assert theirs.scores is not None
    assert digits.max() > 1e-9
    for share, failed in ((5, False), (50, True)):
        moved = np.where(np.arange(len(rows)) == digits.argmax(), share * digits, 0.0)[:, None]
        ours = Predictions(theirs.labels, theirs.scores + moved * [1.0, -1.0])
        trial = on_trial(known, rows, ours, Bounds(exact=1e-9, single=5e-6))
        assert trial.failed.any() == failed
        assert trial.noisy.any()


@pytest.mark.parametrize(("error", "failed"), [(9e-6, False), (2e-5, True)])
def test_a_row_may_be_off_as_far_as_pycaret_is_from_itself(
    ridge: tuple[SearchResult, Dataset], monkeypatch: pytest.MonkeyPatch, error: float, failed: bool
) -> None:
    monkeypatch.setattr("pipeline.parity.explanations.float_noise.own_spread", lambda *_: 1e-5)
    rows = ridge[1].frame.drop(columns="charges").head(2)
    theirs = predict_with_pycaret(ridge[0], rows)
    moved = Predictions(theirs.labels * (1 + error), None)
    trial = on_trial(ridge[0], rows, moved, Bounds(exact=1e-9, single=1e-6, scale=10.0))
    assert trial.failed.all() == failed


def test_the_last_digit_of_a_linear_models_largest_term_is_nobodys() -> None:
    """Two columns that are one column: with 1e30 and -1e30 in them what is left is rounding."""
    known, dataset = trained("insurance", "lr")
    model = known.pipeline.steps[-1][1]
    rows = dataset.frame[list(dataset.features)].head(2)
    digits = estimate_rounding(known, rows)
    terms = transform_rows(known.pipeline, rows).to_numpy(dtype=float) * model.coef_
    np.testing.assert_array_equal(digits, np.spacing(np.abs(terms).max(axis=1)))
    scale = digits.max() * 1e3  # as if the answers were as small as that
    theirs = predict_with_pycaret(known, rows)
    for share, failed in ((0.9, False), (2.0, True)):
        moved = Predictions(theirs.labels + share * digits, None)
        bounds = Bounds(exact=1e-18, single=1e-17, scale=scale)
        assert on_trial(known, rows, moved, bounds).failed.any() == failed
