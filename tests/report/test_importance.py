"""Importance is that of scikit-learn on the original pipeline, by the metric that PyCaret shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.inspection import permutation_importance

from pipeline.rendering import png
from pipeline.report import chapters, importance
from pipeline.report.holdout_sample import HoldoutSample, ScoringBudget
from pipeline.report.page import build_report
from pipeline.runtime.predictions import Predictions
from pipeline.selection.metric import Metric, build_metrics
from pipeline.tasks import CLASSIFICATION, REGRESSION, TaskMetric
from pipeline.track.training_result import Converted, Unconverted
from tests import pictures
from tests.report.test_page import page


def held_out(evidence: Converted) -> tuple[Any, Predictions]:
    """Actual values of the holdout, and what predict_model said of it then."""
    found = evidence.trained.holdout_predictions
    names = [n for n in found if str(n).startswith("prediction_score")]
    scores = found[names].to_numpy(float) if names else None
    actual = found[evidence.dataset.spec.target].to_numpy()
    return actual, Predictions(found["prediction_label"].to_numpy(), scores)


def by(evidence: Converted, metric: TaskMetric | None) -> Converted:
    """The same training, had that metric ranked the models."""
    assert metric is not None
    return replace(evidence, trained=replace(evidence.trained, metric=metric))


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        *(("insurance", metric) for metric in REGRESSION.metrics),
        *(("penguins", metric) for metric in CLASSIFICATION.metrics),
    ],
)
def test_the_metric_is_the_one_that_pycaret_shows(
    name: str, metric: TaskMetric, request: pytest.FixtureRequest
) -> None:
    evidence = request.getfixturevalue(name)
    found = next(build_metrics(by(evidence, metric)))
    assert found.name == metric.column
    value = found.sign * found.value(*held_out(evidence))
    assert round(value, 4) == evidence.trained.holdout[found.name]


def test_smaller_errors_count_as_better(insurance: Converted) -> None:
    found = next(build_metrics(by(insurance, REGRESSION.find_metric("mae"))))
    actual = np.arange(10.0)
    near, far = (found.value(actual, Predictions(actual + by, None)) for by in (1, 5))
    assert near > far


def test_without_probabilities_the_default_metric_stands_in(penguins: Converted) -> None:
    wanted, default = build_metrics(by(penguins, CLASSIFICATION.find_metric("auc")))
    actual, predicted = held_out(penguins)
    labels_only = Predictions(predicted.labels, None)
    assert (wanted.name, default.name) == ("AUC", "Accuracy")
    assert np.isnan(wanted.value(actual, labels_only))
    assert default.value(actual, labels_only) == np.mean(actual == predicted.labels)


def test_a_metric_that_raises_is_no_metric() -> None:
    def broken(*_: Any) -> float:
        raise ZeroDivisionError

    metric = Metric("broken", 1.0, None, broken, {}, probable=False)
    assert np.isnan(metric.value(np.zeros(3), Predictions(np.zeros(3), None)))


def test_importance_agrees_with_scikit_learn_on_the_original_pipeline(insurance: Converted) -> None:
    found = importance.measure_importance(insurance)[importance.FILE].set_index("column")
    held = insurance.trained.holdout_predictions
    names = [column.name for column in insurance.model.manifest.inputs]
    theirs = permutation_importance(
        insurance.trained.pipeline, held[names], held["charges"], scoring="r2", n_repeats=5
    )
    for name, mean, spread in zip(
        names, theirs.importances_mean, theirs.importances_std, strict=True
    ):
        # means of five draws each: four standard errors of their difference
        room = 4 * np.hypot(spread, found.loc[name, "spread"]) / np.sqrt(5)
        assert found.loc[name, "importance"] == pytest.approx(mean, abs=max(room, 0.01))
    assert found["importance"].is_monotonic_decreasing


class FirstColumn:
    """A scorer that looks at column a only."""

    def predict(self, columns: dict[str, Any]) -> dict[str, Any]:
        return {"prediction_label": np.asarray(columns["a"], dtype=float)}


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30),
    st.lists(st.one_of(st.none(), st.text()), min_size=30, max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_a_column_that_the_model_does_not_use_has_no_importance_at_all(
    values: list[float], texts: list[str | None], seed: int
) -> None:
    frame = pd.DataFrame({"a": values, "self": pd.Series(texts[: len(values)], dtype=object)})
    rows = HoldoutSample(FirstColumn(), frame, np.array(values))  # type: ignore[arg-type]
    metric = Metric("error", -1.0, None, lambda a, b: float(np.abs(a - b).max()), {}, False)
    random = np.random.default_rng(seed)
    whole = rows.predicted()
    assert importance._shuffle_and_score(rows, whole, metric, "self", random) == (0.0, 0.0)
    lost, changed = importance._shuffle_and_score(rows, whole, metric, "a", random)
    assert (lost > 0) == (changed > 0)


def test_a_model_too_slow_to_be_measured_is_said_to_be(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importance, "BUDGET", ScoringBudget(100, 10**9, 0))
    found = page(tmp_path, insurance)
    assert "Not measured: either" in found.said
    assert not list((tmp_path / "plots").glob("importance*"))
    card = (tmp_path / "reports" / "model_card.md").read_text(encoding="utf-8")
    assert "What the model looks at" not in card


def test_without_a_graph_there_is_nothing_to_measure(insurance: Converted, tmp_path: Path) -> None:
    plain = Unconverted(insurance.dataset, insurance.config, insurance.trained, tmp_path, "off")
    assert importance.measure_importance(plain) == {}
    assert importance.describe_importance({}, {}) is None


def table(**columns: list[Any]) -> pd.DataFrame:
    constant = {"metric": "R2", "rows": 1234, "repeats": 5, "seen": False}
    return pd.DataFrame({**columns, **constant})[list(importance.COLUMNS)]


def test_columns_that_do_not_matter_are_named() -> None:
    found = table(
        column=["a", "b", "c", "d"],
        importance=[0.5, 0.01, 0.0, -0.02],
        spread=[0.1, 0.02, 0.0, 0.01],
        changed=[1.0, 0.5, 0.0, 0.1],
    )
    told = importance.describe_importance({}, {importance.FILE: found})
    assert told is not None
    assert (told["unused"], told["weak"]) == ("c", "b, d")
    assert told["table"]["rows"][0] == ("a", "0.5000", "0.1000", "100.0%")


def test_many_columns_are_cut_and_counted() -> None:
    count = importance.DRAWN + 7
    found = table(
        column=[f"column {k}" for k in range(count)],
        importance=list(range(count, 0, -1)),
        spread=[0.1] * count,
        changed=[0.0] * count,
    )
    told = importance.describe_importance({}, {importance.FILE: found})
    assert told is not None
    assert told["more"] == 7
    assert told["unused"].endswith(f"and {count - importance.NAMED} more")
    (drawing,) = importance.draw_importance({}, {importance.FILE: found})
    assert drawing.caption.startswith(f"The first {importance.DRAWN} of {count} columns")
    assert png.render_plot(drawing).light.startswith(b"\x89PNG")


def test_the_page_says_which_metric_was_used_and_who_has_seen_the_rows(
    insurance: Converted, tmp_path: Path
) -> None:
    assert "The model was fitted again on these rows" in page(tmp_path, insurance).said
    file = tmp_path / "tables" / importance.FILE
    changed = chapters.read_tables(tmp_path)[importance.FILE]
    file.write_text(json.dumps(changed.assign(metric="AUC", seen=False).to_dict("split")))
    with pictures.blank():
        build_report(tmp_path)
    said = (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "AUC stands in for R2" in said
    assert "The model has not seen these rows." in said
