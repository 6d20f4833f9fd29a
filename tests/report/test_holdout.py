"""The plots show the winner before it saw the holdout, in colours and letters that hold."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)

from pipeline.rendering import charts
from pipeline.report import holdout, probability_curves
from pipeline.track.training_result import Converted
from tests.report.drawn import drawn, plots, read


def test_the_plotted_numbers_give_pycarets_holdout_metrics(insurance: Converted) -> None:
    found = read(insurance.trained, "charges")
    # PyCaret rounds its metrics to four decimals
    shown = insurance.trained.holdout
    assert round(mean_absolute_error(found.actual, found.predicted), 4) == shown["MAE"]
    assert round(r2_score(found.actual, found.predicted), 4) == shown["R2"]


def test_the_plotted_classes_and_curves_give_pycarets_holdout_metrics(penguins: Converted) -> None:
    found = read(penguins.trained, "species")
    shown = penguins.trained.holdout
    assert round(accuracy_score(found.actual, found.predicted), 4) == shown["Accuracy"]
    assert found.scores is not None
    area = roc_auc_score(found.actual, found.scores, multi_class="ovr", average="weighted")
    assert round(area, 4) == shown["AUC"]
    assert [label for label, _, _ in probability_curves.select_curves(found)] == [
        "Adelie",
        "Chinstrap",
        "Gentoo",
    ]


def test_the_holdout_was_predicted_before_the_model_saw_it(hostile: Converted) -> None:
    """A tree fitted on all rows would know every one of them by heart."""
    table = hostile.trained.holdout_predictions
    target = hostile.dataset.spec.target
    seen = hostile.trained.experiment.predict_model(
        hostile.trained.pipeline, data=table[list(hostile.dataset.features)], verbose=False
    )
    assert (seen["prediction_label"] == table[target]).all()
    assert (table["prediction_label"] != table[target]).any()


def test_a_model_without_probabilities_has_no_curves(penguins: Converted) -> None:
    table = penguins.trained.holdout_predictions
    bare = table[[name for name in table if not str(name).startswith("prediction_score")]]
    found = plots(replace(penguins.trained, holdout_predictions=bare), "species")
    assert [plot.name for plot in found] == ["confusion_matrix"]


@pytest.mark.parametrize("labels", [(0, 1, 2), ("$a_{", "_b", "\U0001f427")])
def test_any_label_can_be_drawn_without_a_warning(penguins: Converted, labels: Any) -> None:
    table = penguins.trained.holdout_predictions
    places = dict(zip(penguins.trained.labels or (), labels, strict=True))
    renamed = table.assign(
        species=table["species"].map(places), prediction_label=table["prediction_label"].map(places)
    )
    trained = replace(penguins.trained, holdout_predictions=renamed, labels=labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        assert len(plots(trained, "species")) == 4


def test_more_rows_than_can_be_seen_are_counted(insurance: Converted) -> None:
    table = insurance.trained.holdout_predictions
    many = table.sample(charts.MANY_ROWS + 1, replace=True, random_state=0)
    found = plots(replace(insurance.trained, holdout_predictions=many), "charges")
    assert f"{charts.MANY_ROWS + 1:,} holdout rows" in found[0].caption


def test_many_classes_fit_into_one_matrix(penguins: Converted) -> None:
    labels = tuple(f"class {k}" for k in range(40))
    random = np.random.default_rng(0)
    table = penguins.trained.holdout_predictions[["species", "prediction_label"]]
    table = table.assign(
        species=random.choice(labels, len(table)),
        prediction_label=random.choice(labels, len(table)),
    )
    scores = random.dirichlet(np.ones(len(labels)), len(table))
    for k, label in enumerate(labels):
        table[f"prediction_score_{label}"] = scores[:, k]
    trained = replace(penguins.trained, holdout_predictions=table, labels=labels)
    assert [plot.name for plot in plots(trained, "species")][-1] == "calibration"
    assert len(probability_curves.select_curves(read(trained, "species"))) == charts.MANY_CLASSES


def test_plots_leave_the_global_style_alone_and_ignore_it(insurance: Converted) -> None:
    before = plots(insurance.trained, "charges")
    with matplotlib.rc_context({"figure.dpi": 30, "axes.grid": True, "lines.linewidth": 9}):
        style = dict(matplotlib.rcParams)
        assert plots(insurance.trained, "charges") == before
        assert dict(matplotlib.rcParams) == style


def test_the_models_own_threshold_is_marked(insurance: Converted, penguins: Converted) -> None:
    from pycaret.internal.meta_estimators import CustomProbabilityThresholdClassifier
    from sklearn.dummy import DummyClassifier

    assert holdout.find_threshold(insurance) is None
    assert holdout.find_threshold(penguins) is None  # three classes
    model = CustomProbabilityThresholdClassifier(DummyClassifier(), probability_threshold=0.3)
    pipeline = type(penguins.trained.pipeline)([("actual_estimator", model)])
    trained = replace(penguins.trained, labels=("a", "b"), pipeline=pipeline)
    assert holdout.find_threshold(replace(penguins, trained=trained)) == 0.3


def test_the_distribution_of_residuals_counts_every_row(insurance: Converted) -> None:
    found = read(insurance.trained, "charges")
    (axes,) = drawn(charts.draw_residual_counts, holdout=found)
    assert sum(bar.get_height() for bar in axes.patches) == len(found.actual)
    zero, median = (line.get_xdata()[0] for line in axes.get_lines())
    assert (zero, median) == (0, np.median(found.actual - found.predicted))
