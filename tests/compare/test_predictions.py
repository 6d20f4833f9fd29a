"""What is said of two models' predictions, against PyCaret's own for the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.compare.prediction_change import SAME
from tests.compare.asked import asked
from tests.compare.conftest import Pair
from tests.report.conftest import HOSTILE_LABELS, HOSTILE_TARGET


def test_numbers_move_as_pycaret_s_predictions_do(numbers: Pair) -> None:
    rows = numbers.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows)["prediction_label"] for e in (numbers.a, numbers.b))
    change, actual = newer - older, rows["charges"].astype(float)
    found = numbers.compared()["predictions"].values
    moved = change.abs() > SAME * np.maximum(older.abs(), newer.abs())
    assert (found["rows"], found["changed"]) == (len(rows), moved.sum())
    assert found["mean_change"] == pytest.approx(change.mean(), rel=1e-9)
    assert found["mean_absolute_change"] == pytest.approx(change.abs().mean(), rel=1e-9)
    assert found["largest_change"] == pytest.approx(change[change.abs().idxmax()], rel=1e-9)
    assert found["largest_row"] == change.abs().idxmax() + 1
    for name, value in found["quantiles"].items():
        assert value == pytest.approx(change.quantile(float(name[:-1]) / 100), rel=1e-9)
    errors = [(labels - actual).abs() for labels in (older, newer)]
    assert found["actual"]["a"] == pytest.approx(errors[0].mean(), rel=1e-9)
    assert found["actual"]["b"] == pytest.approx(errors[1].mean(), rel=1e-9)
    assert found["actual"]["nearer_a"] == (errors[0] < errors[1]).sum()


def test_classes_flip_as_pycaret_s_labels_do(classes: Pair) -> None:
    rows = classes.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows) for e in (classes.a, classes.b))
    labels = [table["prediction_label"].astype(str) for table in (older, newer)]
    found = classes.compared()["predictions"].values
    flipped = labels[0] != labels[1]
    assert (found["changed"], found["share_changed"]) == (flipped.sum(), flipped.mean())
    assert flipped.any()
    table = pd.crosstab(labels[0][flipped], labels[1][flipped]).stack()
    expected = {pair: rows for pair, rows in table.items() if rows}
    assert {(f["from"], f["to"]): f["rows"] for f in found["flips"]} == expected
    names = [f"prediction_score_{label}" for label in HOSTILE_LABELS]
    gaps = (newer[names] - older[names]).abs().to_numpy()
    assert found["mean_absolute_change"] == pytest.approx(gaps.mean(), abs=1e-9)
    assert found["largest_change"] == pytest.approx(gaps.max(), abs=1e-9)
    actual = rows[HOSTILE_TARGET].astype(str)
    assert found["actual"]["a"] == pytest.approx((labels[0] != actual).mean())
    assert found["actual"]["b"] == pytest.approx((labels[1] != actual).mean())


def test_nothing_moves_between_a_run_and_itself(numbers: Pair, classes: Pair) -> None:
    for run in (numbers.b, classes.b):
        found = Pair(run, run).compared()
        assert found["predictions"].said[0].startswith("Nothing moved")
        assert found["predictions"].values["changed"] == 0
        assert found["predictions"].drawings == ()
        assert found["data"].said[-1] == "The holdouts are the same rows: no column has shifted."
        assert found["settings"].values == {"settings": [], "versions": []}
        assert not any(m["mean"]["difference"] for m in found["metrics"].values["metrics"])
