"""The imputer that proves ties: scikit-learn's own, except among equally far donors."""

from __future__ import annotations

import numpy as np
from sklearn.impute import KNNImputer

from pipeline.parity.explanations.imputer_ties import order_imputer

RANDOM = np.random.default_rng(0)


def test_without_ties_it_imputes_what_scikit_learn_imputes() -> None:
    donors, rows = RANDOM.random((50, 3)), RANDOM.random((40, 3))
    rows[RANDOM.random(rows.shape) < 0.3] = np.nan
    imputer = KNNImputer().fit(donors)
    np.testing.assert_allclose(
        order_imputer(imputer).transform(rows), imputer.transform(rows), rtol=1e-15
    )


def test_of_equally_far_donors_it_takes_the_first() -> None:
    donors = np.array([[1.0, 10.0], [-1.0, 20.0], [1.0, 30.0]])
    imputer = KNNImputer(n_neighbors=1).fit(donors)
    assert order_imputer(imputer).transform([[0.0, np.nan]])[0, 1] == 10.0
