"""What rounding may excuse, before the model and in a model of float32, and what it may not."""

from __future__ import annotations

import re
from copy import copy, deepcopy
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

from pipeline.automl.experiment import SearchResult
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.data.dataset import Dataset
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations import input_rounding
from pipeline.parity.explanations.input_rounding import (
    GraphInputs,
    read_graph_inputs,
    with_graph_inputs,
)
from pipeline.parity.pycaret_reference import predict_with_pycaret
from pipeline.runtime.predictions import Predictions
from tests.parity.trials import graph, on_trial
from tests.tables import trained

BOUNDS = Bounds(exact=1e-9, single=1e-5, scale=10.0)
ROWS = 200
KERNEL = {"pca": True, "pca_method": "kernel", "pca_components": 3, "normalize": True}
POWERS = {"transformation": True, "pca": True, "pca_method": "incremental", "pca_components": 3}
"""On floats alone: powers in float32, then doubles."""
WITHIN = 0.5
"""A difference, in the unit of what is excused: far above what processors round differently."""


@dataclass(frozen=True)
class Edge:
    """A model whose first threshold lies between PyCaret's and the graph's value of one row.

    Attributes:
        rows: the raw rows; `place` is the one.
        rounding: the name of what excuses such a difference.
    """

    known: SearchResult
    dataset: Dataset
    rows: pd.DataFrame
    place: int
    rounding: str


def read(known: SearchResult, rows: pd.DataFrame) -> GraphInputs:
    found = read_graph_inputs(known, rows, rows)
    assert found is not None
    return found


def nudged(known: SearchResult, rows: pd.DataFrame, share: float) -> SearchResult:
    """The same, but PyCaret's first component is larger, by a share of its largest value.

    Which digits a processor rounds away is its own affair, so none of it decides here.
    """
    pipeline = deepcopy(known.pipeline)
    transformer = pipeline.steps[-2][1].transformer
    exact = transformer.transform
    components = np.abs(transform_rows(pipeline, rows).to_numpy(dtype=float))
    shift = share * components.max(axis=0) * (np.arange(components.shape[1]) == 0)
    transformer.transform = lambda X: exact(X) + shift  # PyCaret looks for the name X
    return replace(known, pipeline=pipeline)


@pytest.fixture(
    scope="module", params=["kernel PCA", pytest.param("powers in float32", marks=pytest.mark.long)]
)
def edge(request: pytest.FixtureRequest) -> Edge:
    if request.param == "kernel PCA":
        known, dataset = trained("insurance", "lightgbm", **KERNEL)
        rounding = "ROUNDING"
    else:
        known, dataset = trained("diabetes", "lightgbm", **POWERS)
        rounding = "SINGLE_ROUNDING"
    rows = dataset.frame[list(dataset.features)].head(ROWS)
    known = nudged(known, rows, WITHIN * getattr(input_rounding, rounding))
    place = 0
    threshold = float(read(known, rows).values[place, 0])
    assert threshold < transform_rows(known.pipeline, rows).to_numpy(dtype=float)[place, 0]
    model = known.pipeline.steps[-1][1]
    text = re.sub(r"tree_sizes=.*\n", "", model.booster_.model_to_string())
    text = re.sub(r"split_feature=\d+", "split_feature=0", text, count=1)
    text = re.sub(r"threshold=\S+", f"threshold={threshold!r}", text, count=1)
    model._Booster = lightgbm.Booster(model_str=text)
    return Edge(known, dataset, rows, place, rounding)


def test_a_row_whose_value_rounds_to_either_side_is_a_tie(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = graph(edge.known, edge.dataset, edge.rows)
    trial = on_trial(edge.known, edge.rows, ours, BOUNDS)
    assert trial.errors[edge.place] > 1000 * BOUNDS.exact
    assert trial.excused[edge.place]
    assert not trial.failed.any()
    monkeypatch.setattr(input_rounding, edge.rounding, 0.0)
    assert on_trial(edge.known, edge.rows, ours, BOUNDS).failed[edge.place]


def test_an_answer_of_neither_side_is_none(edge: Edge) -> None:
    ours = graph(edge.known, edge.dataset, edge.rows)
    off = Predictions(ours.labels * (1 + 3 * BOUNDS.single), None)
    trial = on_trial(edge.known, edge.rows, off, BOUNDS)
    assert trial.failed.all()
    assert not trial.ties.any()


def test_columns_that_differ_by_more_than_rounding_excuse_nothing(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion that is off before the model, and a model that then answers accordingly."""
    exact = read(edge.known, edge.rows)
    off = exact.values * (1 + 1e-3)
    model = edge.known.pipeline.steps[-1][1]
    ours = Predictions(model.predict(off), None)
    monkeypatch.setattr(input_rounding, "read_graph_inputs", lambda *_: replace(exact, values=off))
    trial = on_trial(edge.known, edge.rows, ours, BOUNDS)
    assert trial.failed.sum() > 3
    assert not trial.ties.any()


@pytest.mark.parametrize("nearest", [0, pytest.param(1, marks=pytest.mark.long)])
def test_neighbours_that_are_equally_far_by_the_graphs_columns_are_either_right(
    nearest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two training rows on both sides of the graph's values, nearer than PyCaret's are to those."""
    known, dataset = trained("insurance", "lightgbm", **KERNEL)
    rows = dataset.frame.drop(columns="charges").head(ROWS)
    known = nudged(known, rows, WITHIN * input_rounding.ROUNDING)
    ours, place = read(known, rows).values, 0
    beside = np.spacing(ours[place, 0]) * np.eye(ours.shape[1])[0]
    model = KNeighborsRegressor(1, algorithm="kd_tree")
    model.fit([ours[place] + beside, ours[place] - beside, ours[place] + 1.0], [1.0, 2.0, 3.0])
    pipeline = copy(known.pipeline)
    pipeline.steps = [*pipeline.steps[:-1], ("model", model)]
    other = replace(known, pipeline=pipeline)
    labels = predict_with_pycaret(other, rows).labels
    labels[place] = nearest + 1.0
    trial = on_trial(other, rows, Predictions(labels, None), BOUNDS)
    assert not trial.failed[place]
    assert trial.ties[place] == (trial.errors[place] > 0)
    monkeypatch.setattr(input_rounding, "ROUNDING", 0.0)
    trial = on_trial(other, rows, Predictions(labels, None), BOUNDS)
    assert trial.failed[place] == (trial.errors[place] > 0)


def test_a_model_without_jumps_is_held_to_its_own_columns_where_they_are_doubles() -> None:
    known, dataset = trained("insurance", "lr")
    rows = dataset.frame.drop(columns="charges").head(ROWS)
    other = with_graph_inputs(known, read(known, rows), rows, rows)
    columns = transform_rows(known.pipeline, rows)
    assert other.pipeline.steps[-2][1].transform(columns) is columns


def test_categories_that_a_model_reads_itself_are_not_replaced() -> None:
    known, dataset = trained("insurance", "lightgbm", preprocess=False)
    rows = dataset.frame.drop(columns="charges").head(ROWS)
    assert read_graph_inputs(known, rows, rows) is None


def step(
    values: list[list[float]], doubles: list[float], singles: list[float]
) -> input_rounding._Ours:
    """A step that puts `values` in place where they are near enough."""
    near = [np.tile(slack, (len(values), 1)) for slack in (doubles, singles)]
    return input_rounding._Ours(np.array(values), *near, jumps=True)


def test_rows_keep_their_order_where_a_step_drops_some() -> None:
    ours = step([[1.0], [2.0], [3.0]], [1e-3], [0.0])
    batch = pd.DataFrame({"x": [1.0001, 3.0001, 9.0, 8.0]}, index=[0, 2, 3, 4])
    assert ours.transform(batch)["x"].tolist() == [1.0, 3.0, 9.0, 8.0]
    assert replace(ours, doubles=np.zeros((3, 1))).transform(batch).equals(batch)


def test_beside_doubles_single_precision_and_integers_are_left_alone() -> None:
    ours = step([[1.0, 2.0, 4.0]], [0.5] * 3, [0.5] * 3)
    batch = pd.DataFrame({"a": [1.25], "b": [2], "c": np.array([4.0], dtype=np.float32)})
    after = ours.transform(batch)
    assert after.loc[0].tolist() == [1.0, 2.0, 4.0]
    assert list(after.dtypes) == list(batch.dtypes)
    other = ours.transform(batch.assign(c=np.array([4.1], dtype=np.float32)))
    assert other["a"].tolist() == [1.25]


def test_single_precision_alone_becomes_double_and_takes_what_is_near() -> None:
    ours = step([[1.0, 2.0], [1.0, 2.0]], [9.0] * 2, [0.1, 0.0])
    batch = pd.DataFrame({"a": [1.05, 1.05], "b": [2.0, 2.5]}, dtype=np.float32)
    after = ours.transform(batch)
    assert list(after.dtypes) == [np.float64] * 2
    assert after.loc[0].tolist() == [1.0, 2.0]
    assert after.loc[1].tolist() == batch.loc[1].tolist()  # one of its columns is not ours


def test_a_number_that_nobody_computed_must_be_the_same_in_single_precision() -> None:
    known, dataset = trained("diabetes", "ridge")
    rows = dataset.frame.drop(columns="target").head(20).copy()
    rows.loc[3, "bmi"] = np.nan
    found = read_graph_inputs(known, rows, dataset.frame.drop(columns="target"))
    assert found is not None
    other = with_graph_inputs(known, found, rows, rows)
    slack = other.pipeline.steps[-2][1].singles
    assert np.argwhere(slack > 0).tolist() == [[3, list(rows).index("bmi")]]


@pytest.mark.parametrize("powers", [True, False])
def test_only_what_comes_of_powers_in_single_precision_may_be_off_by_its_rounding(
    powers: bool,
) -> None:
    reduced = {**POWERS, "transformation": powers}
    known, dataset = trained("diabetes", "lightgbm", **reduced)
    rows = dataset.frame.drop(columns="target").head(20)
    ours = read(known, rows)
    ours.computed[3] = False  # as if its columns were the table's
    other = with_graph_inputs(known, ours, rows, rows)
    largest = np.abs(transform_rows(known.pipeline, rows).to_numpy()).max(axis=0)
    rounding = np.full(20, input_rounding.SINGLE_ROUNDING if powers else input_rounding.ROUNDING)
    rounding[3] = input_rounding.ROUNDING
    slack = other.pipeline.steps[-2][1].doubles
    np.testing.assert_allclose(slack, rounding[:, None] * largest)
