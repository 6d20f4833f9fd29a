"""The plots show the winner before it saw the holdout, in colours and letters that hold."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
)

from pipeline.automl.experiment import SearchResult
from pipeline.rendering import charts
from pipeline.rendering.charts import HoldoutPredictions
from pipeline.rendering.png import Plot, render_plot
from pipeline.report import holdout, probability_curves
from pipeline.track.training_result import Converted


def read(trained: SearchResult, target: str) -> HoldoutPredictions:
    return holdout.read_holdout(
        {"target": target, "labels": trained.labels}, trained.holdout_predictions
    )


def plots(trained: SearchResult, target: str) -> list[Plot]:
    facts = {"target": target, "labels": trained.labels, "threshold": 0.5}
    tables = {holdout.FILE: trained.holdout_predictions}
    chapter = holdout.NUMBERS if trained.labels is None else holdout.CLASSES
    return [render_plot(drawing) for drawing in chapter.drawings(facts, tables)]


def drawn(draw: Any, **values: Any) -> list[Axes]:
    """The axes of a picture before it becomes one."""
    figure = Figure(layout="compressed")
    draw(figure.add_subplot(), charts.LIGHT, **values)
    return list(figure.axes)


def two_classes(rows: int = 300, labels: tuple[str, str] = ("no", "yes")) -> HoldoutPredictions:
    """Scores that are better than guessing, and too sure of themselves."""
    random = np.random.default_rng(1)
    truth = random.random(rows)
    actual = np.where(random.random(rows) < truth, *labels[::-1])
    score = np.clip(truth * 1.4 - 0.2, 0, 1)
    scores = np.column_stack([1 - score, score])
    predicted = np.where(score >= 0.5, *labels[::-1])
    return HoldoutPredictions("answer", actual, predicted, scores, labels)


def lines(axes: Axes) -> dict[str, Any]:
    """The points of each line that the legend names."""
    return {str(line.get_label()): line.get_xydata() for line in axes.get_lines()}


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


def test_two_classes_have_one_curve_and_an_absent_class_none(penguins: Converted) -> None:
    found = read(penguins.trained, "species")
    assert found.scores is not None
    two = replace(found, scores=found.scores[:, :2], labels=found.labels[:2])
    assert [label for label, _, _ in probability_curves.select_curves(two)] == [found.labels[1]]
    frequent = [label for label, _, _ in probability_curves.select_curves(found, most=2)]
    assert frequent == ["Adelie", "Gentoo"]  # in the order of the matrix, as all are
    absent = replace(found, labels=("Adelie", "Dodo", "Gentoo"))
    assert "Dodo" not in [label for label, _, _ in probability_curves.select_curves(absent)]


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


def test_calibration_is_scikit_learns_and_counts_every_row() -> None:
    found = two_classes()
    assert found.scores is not None
    upper, lower = drawn(probability_curves.draw_calibration, holdout=found)
    happened, promised = calibration_curve(found.actual == "yes", found.scores[:, 1], n_bins=10)
    assert (lines(upper)["class yes"] == np.column_stack([promised, happened])).all()
    (stairs,) = lower.patches
    assert stairs.get_data().values.sum() == len(found.actual)


def test_calibration_has_no_more_classes_than_colours(penguins: Converted) -> None:
    found = read(penguins.trained, "species")
    many = replace(found, labels=found.labels * 3, scores=np.hstack([found.scores] * 3))
    upper, _ = drawn(probability_curves.draw_calibration, holdout=many)
    named = [name for name in lines(upper) if name.startswith("class")]
    assert len(named) <= len(charts.LIGHT.series)


def test_the_threshold_curve_says_what_another_threshold_would_give() -> None:
    found = two_classes()
    assert found.scores is not None
    (axes,) = drawn(probability_curves.draw_thresholds, holdout=found, used=0.3)
    shown, actual = lines(axes), found.actual == "yes"
    for name, metric in (
        ("precision", precision_score),
        ("recall", recall_score),
        ("F1", f1_score),
    ):
        for threshold, value in shown[name][:: len(shown[name]) // 7]:
            expected = metric(actual, found.scores[:, 1] >= threshold)
            assert value == pytest.approx(expected, rel=1e-12)  # another order of operations
    assert (shown["the model's own: 0.3"][:, 0] == 0.3).all()


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


@pytest.mark.parametrize("left", [[0.0], [3e17] * 9, [1e17, 1e17 + 16], [-1e300, 1e300]])
def test_residuals_of_any_size_are_drawn_without_a_warning(left: list[float]) -> None:
    found = HoldoutPredictions("y", np.array(left), np.zeros(len(left)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        (axes,) = drawn(charts.draw_residual_counts, holdout=found)
        axes.figure.draw_without_rendering()
    assert sum(bar.get_height() for bar in axes.patches) == len(left)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_scores_that_are_all_alike_are_drawn_without_a_warning(level: float) -> None:
    found = two_classes()
    scores = np.full((len(found.actual), 2), [1 - level, level])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        drawn(probability_curves.draw_calibration, holdout=replace(found, scores=scores))
        drawn(probability_curves.draw_thresholds, holdout=replace(found, scores=scores), used=0.5)


def test_scores_that_are_no_probabilities_are_not_taken_for_some() -> None:
    found = two_classes()
    assert found.scores is not None
    assert probability_curves.are_probabilities(found)
    assert not probability_curves.are_probabilities(replace(found, scores=found.scores * 3))
    assert not probability_curves.are_probabilities(replace(found, scores=None))
