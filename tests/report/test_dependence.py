"""Partial dependence is the mean of what predict_model itself says with a column set to a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.manifest.columns import Input
from pipeline.rendering import png
from pipeline.report import dependence, holdout, importance
from pipeline.runtime.predictions import Predictions
from pipeline.track.training_result import Converted


def measured(evidence: Converted) -> pd.DataFrame:
    return dependence.measure_dependence(evidence)[dependence.FILE]


def with_value(evidence: Converted, column: str, value: Any) -> pd.DataFrame:
    """What predict_model says of the holdout with one value in every row of a column."""
    names = [i.name for i in evidence.model.manifest.inputs]
    frame = evidence.dataset.frame.loc[evidence.trained.holdout_predictions.index, names]
    options = {"raw_score": True} if evidence.trained.labels else {}
    predicted: pd.DataFrame = evidence.trained.experiment.predict_model(
        evidence.trained.pipeline,
        data=frame.assign(**{column: value}),
        verbose=False,
        round=17,
        **options,
    )
    return predicted


def first_and_last(found: pd.DataFrame) -> pd.DataFrame:
    places = [place for _, part in found.groupby("column") for place in (part.index[[0, -1]])]
    return found.loc[places]


def test_means_of_numbers_are_those_of_predict_model(insurance: Converted) -> None:
    found = measured(insurance)
    assert found["column"].nunique() == dependence.BEST
    for row in first_and_last(found).itertuples():
        value = float(row.value) if row.kind == "number" else row.value
        theirs = with_value(insurance, row.column, value)["prediction_label"].mean()
        assert row.mean == pytest.approx(theirs, rel=1e-9, abs=0)
        assert row.rows == len(insurance.trained.holdout_predictions)


def test_means_of_probabilities_are_those_of_predict_model(penguins: Converted) -> None:
    found = measured(penguins)
    assert set(found["class"]) == set(map(str, penguins.trained.labels or ()))
    for row in first_and_last(found).itertuples():
        value = float(row.value) if row.kind == "number" else row.value
        theirs = with_value(penguins, row.column, value)
        mean = theirs[f"prediction_score_{row[4]}"].mean()
        assert row.mean == pytest.approx(mean, rel=1e-9, abs=1e-12)


def test_the_columns_are_the_most_important_ones_that_the_model_uses(hostile: Converted) -> None:
    both = dependence.measure_dependence(hostile)
    ranked = both[importance.FILE]
    used = list(ranked["column"][ranked["changed"] > 0])[: dependence.BEST]
    assert list(dict.fromkeys(both[dependence.FILE]["column"])) == used


def test_mere_names_have_no_curve(insurance: Converted) -> None:
    held = insurance.trained.holdout_predictions
    unlike = held.assign(smoker=[f"name {k}" for k in range(len(held))])
    evidence = replace(insurance, trained=replace(insurance.trained, holdout_predictions=unlike))
    ranked = pd.DataFrame({"column": ["smoker", "age"], "changed": [1.0, 1.0]})
    assert [column.name for column in dependence._best(evidence, ranked)] == ["age"]


@given(st.lists(st.one_of(st.none(), st.floats(allow_infinity=False, width=32)), min_size=1))
def test_numbers_are_taken_from_the_table_in_order(values: list[float | None]) -> None:
    column = pd.Series(values, dtype="float32")
    grid = dependence.choose_grid(Input("x", "number"), column)
    assert len(grid) <= dependence.VALUES
    assert grid == sorted(set(grid))
    assert set(np.float32(grid)) <= set(column.dropna())


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1))
def test_texts_are_the_most_frequent_ones(values: list[str | None]) -> None:
    column = pd.Series(values, dtype=object)
    grid = dependence.choose_grid(Input("x", "text"), column)
    counts = column.dropna().value_counts()
    assert [counts[text] for text in grid] == list(counts[: dependence.CATEGORIES])


@given(st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), min_size=1))
def test_dates_stay_dates(values: list[datetime]) -> None:
    column = pd.Series(pd.to_datetime(values))
    grid = dependence.choose_grid(Input("x", "date"), column)
    assert set(grid) <= set(column.to_numpy())
    assert [np.datetime64(dependence._write_value(date)) for date in grid] == grid


def test_two_classes_have_one_curve_and_many_the_most_frequent(penguins: Converted) -> None:
    two = replace(penguins, trained=replace(penguins.trained, labels=("a", "b")))
    assert dependence._classes(two) == ("b",)
    many = tuple(f"class {k}" for k in range(9))
    held = penguins.trained.holdout_predictions
    target = [many[8] if k % 2 else many[4] for k in range(len(held))]
    trained = replace(
        penguins.trained, labels=many, holdout_predictions=held.assign(species=target)
    )
    shown = dependence._classes(replace(penguins, trained=trained))
    assert len(shown) == dependence.CLASSES
    assert {many[4], many[8]} <= set(shown)
    assert list(shown) == sorted(shown)  # in their own order, as in the confusion matrix


def test_without_probabilities_it_is_the_share_predicted_so() -> None:
    found = Predictions(np.array(["a", "b", "b", "c"], dtype=object), None)
    means = dict(dependence._means(found, ("a", "b", "c"), ("b", "c")))
    assert means == {"b": 0.5, "c": 0.25}


@pytest.mark.parametrize("name", ["insurance", "penguins", "hostile"])
def test_every_kind_of_column_has_a_picture(name: str, request: pytest.FixtureRequest) -> None:
    evidence = request.getfixturevalue(name)
    facts = {"target": evidence.dataset.spec.target, "labels": evidence.trained.labels}
    held = evidence.trained.holdout_predictions
    found = measured(evidence)
    if name == "hostile":  # the column that this tree does not use
        last = evidence.model.manifest.inputs[-1]
        rows = [(last.name, last.kind, value, "_low", 0.5, 45) for value in ("False", "True")]
        found = pd.concat([found, pd.DataFrame(rows, columns=found.columns)])
        assert set(found["kind"]) == {"number", "text", "date", "boolean"}
    drawn = list(dependence.draw_dependence(facts, {dependence.FILE: found, holdout.FILE: held}))
    assert len(drawn) == found["column"].nunique()
    assert all(png.render_plot(drawing).dark.startswith(b"\x89PNG") for drawing in drawn)
    meant = "predicted charges" if name == "insurance" else "probability of each class"
    assert meant in drawn[0].caption
