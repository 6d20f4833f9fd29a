"""Tables, hostile rows and comparisons for the tests of models that compute with numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.convert.estimators.trees.tree_rows import Matrix, Table, extreme, shuffled
from tests.convert.harness import estimator_model, run


@cache
def iris() -> Table:
    """150 x 4, three classes; values in steps of 0.1, so distances tie."""
    from sklearn.datasets import load_iris

    return Table(*load_iris(return_X_y=True))


@cache
def four() -> Table:
    """400 x 8, four classes; two columns are sums of the others."""
    from sklearn.datasets import make_classification

    return Table(*make_classification(400, 8, n_informative=6, n_classes=4, random_state=0))


def scaled(table: Table) -> Table:
    """Every column with mean 0 and spread 1."""
    return Table((table.x - table.x.mean(axis=0)) / table.x.std(axis=0), table.y)


def near(table: Table) -> Matrix:
    """The table's own rows, its columns drawn apart, and rows up to ten spreads away."""
    rng = np.random.default_rng(3)
    mean, spread = table.x.mean(axis=0), table.x.std(axis=0)
    noise = rng.normal(size=(200, table.width))
    return np.vstack(
        [table.x, shuffled(table.x), mean + noise * spread, mean + noise * 10 * spread]
    )


def far(table: Table) -> Matrix:
    """Rows ten thousand spreads away, and zeros, denormals and ±1e30 in one column or in all."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(50, table.width))
    return np.vstack([table.x.mean(axis=0) + noise * 1e4 * table.x.std(axis=0), extreme(table.x)])


def hostile(table: Table) -> Matrix:
    return np.vstack([near(table), far(table)])


def answers(estimator: Any, rows: Matrix) -> dict[str, NDArray[Any]]:
    """The converted estimator's outputs by name."""
    return run(estimator_model(estimator, rows.shape[1]), rows)


def assert_regressor(estimator: Any, table: Table, rows: Matrix, *, relative: float) -> None:
    """Predictions agree, relative to the larger of the number and a thousandth of their spread."""
    expected = estimator.predict(rows).ravel()
    floor = 1e-3 * float(np.std(estimator.predict(table.x)))
    error = np.abs(answers(estimator, rows)["values"].ravel() - expected)
    assert float(np.max(error / np.maximum(np.abs(expected), floor))) <= relative


def assert_classifier(
    estimator: Any, rows: Matrix, *, absolute: float | Matrix, relative: float
) -> None:
    """Labels are the same, probabilities absolutely close, scores close relative to each row.

    `absolute` may be (N, 1), a bound for each row.

    A score is a sum, so what it may lose is measured by the largest score of its row or by a
    typical score of the first hundred rows, whichever is more.
    """
    got = answers(estimator, rows)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(estimator.classes_[got["label"]], estimator.predict(rows))
        if hasattr(estimator, "predict_proba"):
            expected = estimator.predict_proba(rows)
            off = np.abs(got["probabilities"] - expected)
            close = (off <= absolute) | (np.isnan(got["probabilities"]) & np.isnan(expected))
            assert close.all(), f"off by {np.nanmax(off - absolute):.1e} more than allowed"
        if hasattr(estimator, "decision_function"):
            scores = estimator.decision_function(rows).reshape(len(rows), -1)
            size = np.abs(scores).max(axis=1, keepdims=True)
            typical = float(np.median(size[:100]))
            error = np.abs(got["scores"] - scores) / np.maximum(size, typical)
            assert float(np.max(error)) <= relative
