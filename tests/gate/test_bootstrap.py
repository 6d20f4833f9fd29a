"""Intervals are those of SciPy's bootstrap for the same resamples, for every metric of PyCaret."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.gate.bootstrap import (
    LEAST,
    MOST,
    OF_CLASSES,
    SEED,
    Interval,
    bootstrap_interval,
    choose_resamples,
    make_statistic,
)
from pipeline.selection.metric import Metric
from pipeline.tasks import CLASSIFICATION, REGRESSION
from tests.gate.pycaret_metrics import metric

ROWS = 120
LABELS = {2: ("no", "yes"), 3: ("a", "b", "c")}


def regression() -> tuple[Any, Any, Any]:
    """Actual values and those of a better and a worse model."""
    random = np.random.default_rng(5)
    actual = random.gamma(3.0, size=ROWS)
    return actual, actual + random.normal(0, 0.3, ROWS), actual + random.normal(0, 0.5, ROWS)


def classes(count: int, probable: bool) -> tuple[Any, Any, Any]:
    """The same for classes, as their numbers or as probabilities."""
    random = np.random.default_rng(6)
    actual = random.integers(0, count, ROWS)
    scores = [random.dirichlet(np.ones(count), ROWS) for _ in range(2)]
    for model, sure in zip(scores, (0.9, 0.5), strict=True):
        model[np.arange(ROWS), actual] += sure
    scores = [model / model.sum(axis=1, keepdims=True) for model in scores]
    if not probable:
        return actual, scores[0].argmax(axis=1), scores[1].argmax(axis=1)
    return (actual, *(s[:, 1] if count == 2 else s for s in scores))


def every() -> list[Any]:
    found = [pytest.param("regression", m.id, 0, id=m.id) for m in REGRESSION.all_metrics]
    return found + [
        pytest.param("classification", m.id, count, id=f"{m.id}-{count}")
        for m in CLASSIFICATION.all_metrics
        for count in LABELS
    ]


def case(task: Any, name: str, count: int) -> tuple[Metric, Any, Any, Any]:
    if task == "regression":
        return (metric(task, name), *regression())
    found = metric(task, name, LABELS[count])
    return (found, *classes(count, found.probable))


@pytest.mark.parametrize(("task", "name", "count"), every())
def test_a_paired_interval_is_that_of_scipy(task: str, name: str, count: int) -> None:
    measure, actual, ours, theirs = case(task, name, count)

    def directly(rows: Any) -> float:
        return measure.of(actual[rows], ours[rows]) - measure.of(actual[rows], theirs[rows])

    one, other = (make_statistic(measure, actual, given) for given in (ours, theirs))
    found = bootstrap_interval(lambda rows: one(rows) - other(rows), (ROWS,), 0.9, 60)
    expected = stats.bootstrap(
        (np.arange(ROWS),),
        directly,
        n_resamples=60,
        vectorized=False,
        confidence_level=0.9,
        method="percentile",
        random_state=np.random.default_rng(SEED),
    ).confidence_interval
    # sums in another order; nothing is lost in them
    assert found.estimate == pytest.approx(directly(np.arange(ROWS)), rel=1e-9, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert found.low < found.estimate < found.high


def test_an_unpaired_interval_is_that_of_scipy() -> None:
    one, other = np.random.default_rng(1).normal(size=80), np.random.default_rng(2).normal(size=50)
    found = bootstrap_interval(lambda a, b: one[a].mean() - other[b].mean(), (80, 50), 0.95)
    expected = stats.bootstrap(
        (one, other),
        lambda a, b: a.mean() - b.mean(),
        n_resamples=MOST,
        vectorized=False,
        batch=1,  # draws for both in turn, as ours
        method="percentile",
        random_state=np.random.default_rng(SEED),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    random, trials = np.random.default_rng(3), 200
    hits = 0
    for _ in range(trials):
        values = random.normal(1.0, 2.0, 60)
        found = bootstrap_interval(lambda rows, v=values: float(v[rows].mean()), (60,), 0.9, 300)
        hits += found.low <= 1.0 <= found.high
    assert abs(hits / trials - 0.9) < 5 * math.sqrt(0.9 * 0.1 / trials)


def test_the_same_call_gives_the_same_interval() -> None:
    values = np.random.default_rng(4).normal(size=40)
    one, two = (
        bootstrap_interval(lambda rows: float(values[rows].mean()), (40,), 0.95) for _ in range(2)
    )
    assert one == two
    assert one.resamples == MOST >= 2000


def test_resamples_without_a_value_are_left_out() -> None:
    actual, scores = np.array([0] * 19 + [1]), np.linspace(0, 1, 20)
    auc = make_statistic(metric("classification", "auc", LABELS[2]), actual, scores)
    found = bootstrap_interval(
        auc, (20,), 0.95, 300
    )  # a third of the resamples lacks the second class
    assert found.estimate == 1.0
    assert 0.9 < found.low <= found.high == 1.0


def test_mostly_without_a_value_there_is_no_interval() -> None:
    found = bootstrap_interval(
        lambda rows: math.nan if len(set(rows.tolist())) < 9 else 1.0, (9,), 0.95
    )
    assert found.estimate == 1.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert str(found) == "without an interval"


def test_metrics_that_sort_probabilities_take_fewer_resamples_of_large_tables() -> None:
    accuracy, auc, many = (
        metric("classification", name, labels)
        for name, labels in (("acc", LABELS[2]), ("auc", LABELS[2]), ("auc", LABELS[3]))
    )
    assert choose_resamples(metric("regression", "r2"), 10**6) == MOST
    assert choose_resamples(accuracy, 10**6) == choose_resamples(auc, 1000) == OF_CLASSES
    assert LEAST < choose_resamples(many, 7500) < choose_resamples(auc, 7500) < OF_CLASSES
    assert choose_resamples(auc, 10**6) == LEAST


def test_an_interval_reads_as_a_clause() -> None:
    text = str(Interval(0.1, -0.0123456, 1234.5, 0.95, 2000))
    assert text == "95% interval -0.01235 to +1234, 2,000 resamples"
