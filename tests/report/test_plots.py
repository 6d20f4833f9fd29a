"""The plots show the winner before it saw the holdout, in colours and letters that hold."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score, roc_auc_score

from pipeline.report import charts
from pipeline.report.plots import plots, read
from pipeline.tracking.evidence import Evidence


def test_the_plotted_numbers_give_pycarets_holdout_metrics(insurance: Evidence) -> None:
    holdout = read(insurance.trained, "charges")
    # PyCaret rounds its metrics to four decimals
    shown = insurance.trained.holdout
    assert round(mean_absolute_error(holdout.actual, holdout.predicted), 4) == shown["MAE"]
    assert round(r2_score(holdout.actual, holdout.predicted), 4) == shown["R2"]


def test_the_plotted_classes_and_curves_give_pycarets_holdout_metrics(penguins: Evidence) -> None:
    holdout = read(penguins.trained, "species")
    shown = penguins.trained.holdout
    assert round(accuracy_score(holdout.actual, holdout.predicted), 4) == shown["Accuracy"]
    assert holdout.scores is not None
    area = roc_auc_score(holdout.actual, holdout.scores, multi_class="ovr", average="weighted")
    assert round(area, 4) == shown["AUC"]
    assert [label for label, _, _ in charts.curves(holdout)] == ["Adelie", "Gentoo", "Chinstrap"]


def test_the_holdout_was_predicted_before_the_model_saw_it(hostile: Evidence) -> None:
    """A tree fitted on all rows would know every one of them by heart."""
    table = hostile.trained.holdout_predictions
    target = hostile.dataset.spec.target
    seen = hostile.trained.experiment.predict_model(
        hostile.trained.pipeline, data=table[list(hostile.dataset.features)], verbose=False
    )
    assert (seen["prediction_label"] == table[target]).all()
    assert (table["prediction_label"] != table[target]).any()


def test_a_model_without_probabilities_has_no_curves(penguins: Evidence) -> None:
    table = penguins.trained.holdout_predictions
    bare = table[[name for name in table if not str(name).startswith("prediction_score")]]
    found = plots(replace(penguins.trained, holdout_predictions=bare), "species")
    assert [plot.name for plot in found] == ["confusion_matrix"]


def test_two_classes_have_one_curve_and_an_absent_class_none(penguins: Evidence) -> None:
    holdout = read(penguins.trained, "species")
    assert holdout.scores is not None
    two = replace(holdout, scores=holdout.scores[:, :2], labels=holdout.labels[:2])
    assert [label for label, _, _ in charts.curves(two)] == [holdout.labels[1]]
    absent = replace(holdout, labels=("Adelie", "Dodo", "Gentoo"))
    assert "Dodo" not in [label for label, _, _ in charts.curves(absent)]


@pytest.mark.parametrize("labels", [(0, 1, 2), ("$a_{", "_b", "\U0001f427")])
def test_any_label_can_be_drawn_without_a_warning(penguins: Evidence, labels: Any) -> None:
    table = penguins.trained.holdout_predictions
    places = dict(zip(penguins.trained.labels or (), labels, strict=True))
    renamed = table.assign(
        species=table["species"].map(places), prediction_label=table["prediction_label"].map(places)
    )
    trained = replace(penguins.trained, holdout_predictions=renamed, labels=labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(plots(trained, "species")) == 3


def test_more_rows_than_can_be_seen_are_counted(insurance: Evidence) -> None:
    table = insurance.trained.holdout_predictions
    many = table.sample(charts.MANY_ROWS + 1, replace=True, random_state=0)
    found = plots(replace(insurance.trained, holdout_predictions=many), "charges")
    assert f"{charts.MANY_ROWS + 1:,} holdout rows" in found[0].caption


def test_many_classes_fit_into_one_matrix(penguins: Evidence) -> None:
    labels = tuple(f"class {k}" for k in range(40))
    random = np.random.default_rng(0)
    table = penguins.trained.holdout_predictions[["species", "prediction_label"]]
    table = table.assign(
        species=random.choice(labels, len(table)),
        prediction_label=random.choice(labels, len(table)),
    )
    scores = random.random((len(table), len(labels)))
    for k, label in enumerate(labels):
        table[f"prediction_score_{label}"] = scores[:, k]
    trained = replace(penguins.trained, holdout_predictions=table, labels=labels)
    assert len(plots(trained, "species")) == 3
    assert len(charts.curves(read(trained, "species"))) == charts.MANY_CLASSES


def test_plots_leave_the_global_style_alone_and_ignore_it(insurance: Evidence) -> None:
    before = plots(insurance.trained, "charges")
    with matplotlib.rc_context({"figure.dpi": 30, "axes.grid": True, "lines.linewidth": 9}):
        style = dict(matplotlib.rcParams)
        assert plots(insurance.trained, "charges") == before
        assert dict(matplotlib.rcParams) == style
