"""Measures and draws how the winner predicts the holdout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from pipeline.rendering import charts
from pipeline.rendering.charts import HoldoutPredictions
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.report import probability_curves
from pipeline.report.chapter import Chapter
from pipeline.track.training_result import TrainingResult

FILE = "holdout.parquet"
SECTION = "metrics"
ONE_HALF = 0.5
"""From here on the second of two classes is predicted, if the model has no threshold of its own."""


def measure_holdout(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """The holdout's raw rows with the target and what `predict_model` said of them then.

    `prediction_label` and, of a model with probabilities, one `prediction_score_<label>` per
    class; all from before the model was fitted again on all rows.
    """
    return {FILE: evidence.trained.holdout_predictions}


def find_threshold(evidence: TrainingResult) -> float | None:
    """The probability from which on the second of two classes is predicted."""
    labels = evidence.trained.labels
    if labels is None or len(labels) != 2:
        return None
    return float(getattr(evidence.trained.pipeline.steps[-1][1], "probability_threshold", ONE_HALF))


def read_holdout(facts: ReportContext, table: pd.DataFrame) -> HoldoutPredictions:
    """The holdout's predictions as arrays; labels become text."""
    target: str = facts["target"]
    actual, predicted = table[target], table["prediction_label"]
    if facts["labels"] is None:
        return HoldoutPredictions(target, actual.to_numpy(float), predicted.to_numpy(float))
    labels = tuple(map(str, facts["labels"]))
    names = list(table.columns)[-len(labels) :]
    has_scores = all(str(name).startswith("prediction_score") for name in names)
    scores = table[names].to_numpy(float) if has_scores else None
    return HoldoutPredictions(
        target, _words(facts, actual), _words(facts, predicted), scores, labels
    )


def _words(facts: ReportContext, values: pd.Series) -> Any:
    if isinstance(facts["labels"][0], int):  # whatever PyCaret shrank them to
        values = values.astype("int64")
    return values.astype(str).to_numpy()


def draw_numbers(facts: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """Predicted numbers beside the actual ones, and what is left between them."""
    holdout = read_holdout(facts, tables[FILE])
    rows = f"{len(holdout.actual):,} holdout rows"
    yield Drawing(
        "predicted_against_actual",
        SECTION,
        f"Predicted against actual {holdout.target} on {rows}. On the line, both are equal.",
        partial(charts.draw_predicted, holdout=holdout),
    )
    yield Drawing(
        "residuals",
        SECTION,
        f"What is left to explain on {rows}: actual minus predicted. Above zero the model "
        "predicts too little, below zero too much.",
        partial(charts.draw_residuals, holdout=holdout),
    )
    yield Drawing(
        "residual_distribution",
        SECTION,
        f"How many of {rows} are how far off. The dashed line is the median: "
        "half of the rows lie on either side of it.",
        partial(charts.draw_residual_counts, holdout=holdout),
    )


def draw_classes(facts: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """Which classes were taken for which; curves only where the model gives probabilities."""
    holdout = read_holdout(facts, tables[FILE])
    threshold = facts.get("threshold") or ONE_HALF
    rows = f"{len(holdout.actual):,} holdout rows"
    yield Drawing(
        "confusion_matrix",
        SECTION,
        f"Actual and predicted classes of {rows}.",
        partial(charts.draw_confusion, holdout=holdout),
    )
    if not probability_curves.select_curves(holdout):
        return
    binary = len(holdout.labels) == 2
    how = f"of class {holdout.labels[1]}" if binary else "one class against the rest"
    yield Drawing(
        "roc",
        SECTION,
        f"ROC curve, {how}, on {rows}. The dotted line is guessing.",
        partial(probability_curves.draw_roc, holdout=holdout),
    )
    yield Drawing(
        "precision_recall",
        SECTION,
        f"Precision and recall, {how}, on {rows}.",
        partial(probability_curves.draw_precision_recall, holdout=holdout),
    )
    if not probability_curves.are_probabilities(holdout):
        return
    yield Drawing(
        "calibration",
        SECTION,
        f"Calibration, {how}, on {rows}: of the rows that were given a probability, the share that "
        "came true. On the dotted line, both are equal; below, how many rows got it.",
        partial(probability_curves.draw_calibration, holdout=holdout),
    )
    if binary:
        yield Drawing(
            "thresholds",
            SECTION,
            f"What precision, recall and F1 of class {holdout.labels[1]} were on {rows}, had it "
            f"been predicted from another probability on. The model takes {threshold:g}.",
            partial(probability_curves.draw_thresholds, holdout=holdout, used=threshold),
        )


NUMBERS = Chapter(
    SECTION,
    draw_numbers,
    under="metrics",
    measure=measure_holdout,
    keeps={FILE: {}},
    predicts="numbers",
)
CLASSES = replace(NUMBERS, drawings=draw_classes, predicts="classes")
