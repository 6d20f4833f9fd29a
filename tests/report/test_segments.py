"""Errors by segment: every row counted once, the numbers those of statistics' own functions."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway, norm
from sklearn.metrics import mean_absolute_error
from statsmodels.stats.proportion import proportion_confint

from pipeline.rendering.charts import HoldoutPredictions
from pipeline.rendering.png import render_plot
from pipeline.report import segments
from pipeline.report.bins import split_into_parts
from pipeline.track.training_result import Converted

FACTS = {"task": "regression"}


def drawings(found: pd.DataFrame) -> list[Any]:
    return list(segments.draw_segments(FACTS, {segments.FILE: found}))


def random_holdout(rows: int = 200) -> tuple[HoldoutPredictions, pd.DataFrame]:
    """Numbers whose error depends on a word, and on nothing else."""
    random = np.random.default_rng(0)
    word = random.choice(["a", "b", "c"], rows)
    actual = random.normal(size=rows)
    found = HoldoutPredictions(
        "y", actual, actual + random.normal(size=rows) * np.where(word == "c", 5, 1)
    )
    return found, pd.DataFrame({"noise": random.normal(size=rows), "word": word})


def test_the_error_of_all_rows_is_pycarets_metric(
    insurance: Converted, penguins: Converted
) -> None:
    for evidence, metric in ((insurance, "MAE"), (penguins, "Accuracy")):
        found = segments.measure_segments(evidence)[segments.FILE]
        shown = evidence.trained.holdout[metric]
        expected = shown if metric == "MAE" else 1 - shown
        assert found["error"][0] == pytest.approx(expected, abs=1e-4)  # PyCaret rounds to four
        assert found["rows"][0] == len(evidence.trained.holdout_predictions)


def test_the_error_of_a_category_is_that_of_its_rows(insurance: Converted) -> None:
    found = segments.measure_segments(insurance)[segments.FILE].set_index(["column", "segment"])[
        "error"
    ]
    rows = insurance.trained.holdout_predictions
    for region, group in rows.groupby("region", observed=True):
        expected = mean_absolute_error(group["charges"], group["prediction_label"])
        assert found["region", region] == pytest.approx(expected, rel=1e-12)  # order of a sum


def test_the_column_that_the_error_depends_on_comes_first() -> None:
    found = segments.tabulate_segments(*random_holdout())
    assert found["column"].drop_duplicates().tolist() == ["", "word", "noise"]


def test_columns_are_ranked_like_an_analysis_of_variance() -> None:
    holdout, features = random_holdout()
    errors = np.abs(holdout.actual - holdout.predicted)
    for name in features:
        codes = split_into_parts(features[name]).codes
        groups = [errors[codes == code] for code in np.unique(codes)]
        f, k, n = f_oneway(*groups).statistic, len(groups), len(errors)
        expected = (k - 1) * (f - 1) / ((k - 1) * f + n - k)  # epsilon squared of F
        assert segments._epsilon_squared(errors, codes) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_the_interval_of_a_rate_is_wilsons(wrong: list[bool]) -> None:
    low, high = segments._wilson(sum(wrong) / len(wrong), len(wrong))
    expected = proportion_confint(sum(wrong), len(wrong), alpha=0.05, method="wilson")
    assert (low, high) == pytest.approx(expected, abs=1e-4)  # 1.96 has two decimals


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    errors = np.abs(np.random.default_rng(0).normal(size=50))
    expected = norm.interval(0.95, errors.mean(), errors.std(ddof=1) / np.sqrt(len(errors)))
    assert segments._interval(errors) == pytest.approx(expected, rel=1e-4)  # 1.96


def test_a_perfect_model_and_a_table_without_parts_have_no_picture() -> None:
    holdout, features = random_holdout()
    perfect = segments.tabulate_segments(replace(holdout, predicted=holdout.actual), features)
    assert drawings(perfect) == []
    assert segments.select_worst_segments(perfect).rows == ()
    assert (
        drawings(segments.tabulate_segments(holdout, features[["word"]].assign(word="same"))) == []
    )
    assert list(segments.draw_segments(FACTS, {})) == []  # of a run of an earlier version


def test_only_what_is_surely_worse_is_listed() -> None:
    found = segments.select_worst_segments(segments.tabulate_segments(*random_holdout()))
    assert [row[:2] for row in found.rows] == [("word", "c")]


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(min_size=1, max_size=30, alphabet=st.characters(exclude_categories=["Cs"])),
    st.sampled_from([1.0, 0.0, 1e-300, 1e150]),
    st.sampled_from([12, 30, 3500]),
)
def test_hostile_columns_are_drawn_without_a_warning(name: str, scale: float, rows: int) -> None:
    random = np.random.default_rng(rows)
    features = pd.DataFrame(
        {
            name: random.choice([name, "$x_{", "rare"], rows, p=[0.6, 0.39, 0.01]),
            f"{name} 2": random.normal(size=rows) * scale,
            f"{name} all missing": np.nan,
            f"{name} one": ["single", *["rest"] * (rows - 1)],
            f"{name} dates": pd.date_range("2020-01-01", periods=rows),
        }
    )
    actual = random.normal(size=rows)
    holdout = HoldoutPredictions("y", actual * scale, np.zeros(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        for drawing in drawings(segments.tabulate_segments(holdout, features)):
            render_plot(drawing)
