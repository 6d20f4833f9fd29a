"""Real tables, hostile rows and comparisons for the tests of tree models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.parity.tree_thresholds import read_split_thresholds
from tests.convert.harness import estimator_model, run

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """A matrix and its target."""

    x: Matrix
    y: NDArray[Any]

    @property
    def width(self) -> int:
        return int(self.x.shape[1])


@cache
def diabetes() -> Table:
    """442 x 10, a number to predict."""
    from sklearn.datasets import load_diabetes

    return Table(*load_diabetes(return_X_y=True))


@cache
def cancer() -> Table:
    """569 x 30, two classes."""
    from sklearn.datasets import load_breast_cancer

    return Table(*load_breast_cancer(return_X_y=True))


@cache
def wine() -> Table:
    """178 x 13, three classes."""
    from sklearn.datasets import load_wine

    return Table(*load_wine(return_X_y=True))


@cache
def coarse(classes: int) -> Table:
    """400 x 4 small whole numbers with equal rows of different classes: ties everywhere."""
    rng = np.random.default_rng(classes)
    x = rng.integers(-2, 3, size=(400, 4)).astype(np.float64)
    return Table(x, (np.abs(x.sum(axis=1)) + rng.integers(0, 2, size=400)).astype(int) % classes)


def with_missing(table: Table) -> Table:
    """The same table with every seventh value missing."""
    x = table.x.copy()
    x.ravel()[::7] = np.nan
    return Table(x, table.y)


def splits(model: onnx.ModelProto) -> list[tuple[int, float]]:
    """Every (feature, threshold) of the graph's trees, without repeats."""
    columns = [str(i) for i in range(len(model.graph.input))]
    found = read_split_thresholds(model, columns)
    return sorted((int(name), value) for name, values in found.items() for value in values.tolist())


def at_splits(model: onnx.ModelProto, x: Matrix, count: int = 150) -> Matrix:
    """Rows of x with one value put on a threshold, or one ulp of float64 or float32 beside it."""
    rng = np.random.default_rng(0)
    # "Missing or not" is a split at infinity or the largest float32, which no row may hold.
    chosen = [split for split in splits(model) if abs(split[1]) < 1e38]
    chosen = [chosen[i] for i in rng.permutation(len(chosen))[:count]]
    rows = []
    for feature, threshold in chosen:
        single = np.float32(threshold)
        for value in (
            threshold,
            np.nextafter(threshold, np.inf),
            np.nextafter(threshold, -np.inf),
            float(single),
            float(np.nextafter(single, np.float32(np.inf))),
            float(np.nextafter(single, np.float32(-np.inf))),
        ):
            row = x[rng.integers(len(x))].copy()
            row[feature] = value
            rows.append(row)
    return np.array(rows).reshape(-1, x.shape[1])


EXTREMES = (0.0, -0.0, 1e30, -1e30, 5e-324, -1e-310, 1e-40, 1e-36, -1e-36, 1e-35, 2e-35, 1e-30)


def shuffled(x: Matrix, count: int = 300) -> Matrix:
    """Rows whose columns are drawn apart from each other."""
    rng = np.random.default_rng(1)
    return np.column_stack([rng.choice(column, count) for column in x.T])


def extreme(x: Matrix, values: tuple[float, ...] = EXTREMES) -> Matrix:
    """Rows that hold extreme values in one column, and in all."""
    rng = np.random.default_rng(2)
    rows = [np.full(x.shape[1], v) for v in values]
    for value in values:
        for feature in range(x.shape[1]):
            row = x[rng.integers(len(x))].copy()
            row[feature] = value
            rows.append(row)
    return np.array(rows)


def hostile(model: onnx.ModelProto, x: Matrix, missing: bool = False) -> Matrix:
    """The table's own rows and all kinds of rows above; NaN among them where it is accepted."""
    values = (*EXTREMES, np.nan) if missing else EXTREMES
    known = np.where(np.isnan(x), 0.0, x) if not missing else x
    return np.vstack([known, shuffled(known), at_splits(model, known), extreme(known, values)])


def assert_same(
    estimator: Any, table: Table, *, missing: bool = False, relative: float, absolute: float
) -> None:
    """The converted estimator answers like the original on all of the hostile rows.

    Args:
        relative: bound for predicted numbers and scores, relative to the larger of the number
            and a thousandth of the spread of the table's predictions, as the contract has it.
        absolute: bound for probabilities.
    """
    model = estimator_model(estimator, table.width)
    rows = hostile(model, table.x, missing)
    assert_same_answers(estimator, run(model, rows), rows, relative=relative, absolute=absolute)


def assert_same_answers(
    estimator: Any,
    answers: Mapping[str, NDArray[Any]],
    rows: Matrix,
    *,
    relative: float,
    absolute: float,
) -> None:
    """Compare the outputs of a converted estimator with the original's answers."""
    expected = np.asarray(estimator.predict(rows)).reshape(-1)
    if "values" in answers:
        assert_close(answers["values"].reshape(-1), expected, relative)
        return
    labels = np.asarray(estimator.classes_)[answers["label"]]
    np.testing.assert_array_equal(labels, expected)
    if hasattr(estimator, "predict_proba"):
        probabilities = estimator.predict_proba(rows)
        np.testing.assert_allclose(answers["probabilities"], probabilities, rtol=0, atol=absolute)
    if "scores" in answers:
        scores = np.asarray(estimator.decision_function(rows)).reshape(len(rows), -1)
        assert_close(answers["scores"], scores, relative)


def assert_close(actual: Matrix, expected: Matrix, relative: float) -> None:
    """Relative closeness; numbers near zero are measured against a thousandth of the spread."""
    floor = 1e-3 * float(np.std(expected))
    np.testing.assert_allclose(actual, expected, rtol=relative, atol=relative * floor)
