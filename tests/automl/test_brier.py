"""Brier scores over the folds, held against scikit-learn's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.automl.brier import compute_brier

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"x": RNG.normal(size=240), "z": RNG.normal(size=240)})
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


@pytest.mark.parametrize("names", [("no", "yes"), ("a", "b", "c")])
def test_the_score_is_the_sum_over_classes_and_the_gain_is_over_their_frequencies(
    names: tuple[str, ...],
) -> None:
    codes = np.digitize(ROWS["x"] + 0.3 * ROWS["z"], [-0.8, 1.2][: len(names) - 1])
    target = pd.Series(np.array(names)[codes])
    pipeline = Pipeline([("scale", StandardScaler())])
    experiment: Any = SimpleNamespace(
        X_train=ROWS, y_train=target, pipeline=pipeline, _get_groups=lambda groups: groups
    )
    outcome: Any = SimpleNamespace(record={"model": LogisticRegression(), "cv": FOLDS})
    found = compute_brier(experiment, outcome)
    assert len(pipeline.steps) == 1

    whole = make_pipeline(StandardScaler(), LogisticRegression())
    given = cross_val_predict(whole, ROWS, target, cv=FOLDS, method="predict_proba")
    ours, constant = [], []
    for train, test in FOLDS.split(ROWS, target):
        shares = [(target.iloc[train] == name).mean() for name in names]
        is_class = [(target.iloc[test] == name).astype(int) for name in names]
        ours.append(sum(brier_score_loss(y, given[test, k]) for k, y in enumerate(is_class)))
        constant.append(
            sum(
                brier_score_loss(y, np.full(len(test), s))
                for y, s in zip(is_class, shares, strict=True)
            )
        )
    assert found.score == pytest.approx(np.mean(ours), rel=1e-9)
    assert found.constant == pytest.approx(np.mean(constant), rel=1e-9)
    assert found.gains == pytest.approx(np.subtract(constant, ours), abs=1e-9)

    counts = target.value_counts()
    assert (found.common, found.rare) == (counts.index[0], counts.index[-1])
    assert (found.rows, found.share) == (counts.iloc[-1], counts.iloc[-1] / len(target))
    named = np.array(names)[given.argmax(axis=1)]
    assert found.hits == ((named == found.rare) & (target == found.rare)).sum()
