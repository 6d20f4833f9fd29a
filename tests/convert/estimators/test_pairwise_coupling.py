"""Probabilities of pairs, coupled as libsvm couples those of its own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.svm import SVC

from pipeline.convert.estimators.pairwise_coupling import couple_pairwise
from tests.convert.harness import computed


@pytest.mark.parametrize("count", [3, 5])
def test_coupled_probabilities_are_libsvms(count: int) -> None:
    x, y = make_classification(
        160,
        6,
        n_informative=6,
        n_redundant=0,
        n_classes=count,
        n_clusters_per_class=1,
        random_state=2,
    )
    machine = SVC(probability=True, random_state=0, decision_function_shape="ovo").fit(x, y)
    rows = np.vstack([x, 20 * x])
    pairs = expit(-(machine.decision_function(rows) * machine.probA_ + machine.probB_))
    first = np.clip(pairs, 1e-7, 1 - 1e-7)
    found = computed(lambda p: couple_pairwise(p, count), first)
    np.testing.assert_allclose(found, machine.predict_proba(rows), rtol=0, atol=1e-12)


def test_each_row_stops_by_itself() -> None:
    first = np.random.default_rng(0).uniform(1e-7, 1 - 1e-7, (30, 6))
    whole = computed(lambda p: couple_pairwise(p, 4), first)
    alone = [computed(lambda p: couple_pairwise(p, 4), row[None])[0] for row in first[:5]]
    np.testing.assert_array_equal(whole[:5], alone)
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-12)
