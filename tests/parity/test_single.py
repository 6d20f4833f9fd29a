"""Models that PyCaret fits and asks in float32, since their table has floats alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.automl.experiment import SearchResult
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.data.dataset import Dataset
from pipeline.export.model import export_model
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.float_noise import compute_exact_values
from pipeline.parity.pycaret_reference import predict_with_pycaret
from pipeline.parity.trial import Trial
from pipeline.parity.verify import verify
from pipeline.runtime.frames import score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import REGRESSION
from tests.parity.trials import on_trial
from tests.tables import trained

Model = tuple[SearchResult, Scorer, Dataset]


@pytest.fixture(
    scope="module",
    params=[
        ("wine", "qda"),
        *(
            pytest.param(p, marks=pytest.mark.long)
            for p in (("diabetes", "ridge"), ("diabetes", "kr"), ("wine", "mlp"))
        ),
    ],
    ids="-".join,
)
def model(request: pytest.FixtureRequest) -> Model:
    known, dataset = trained(*request.param)
    return known, Scorer(export_model(known, dataset).data), dataset


def own_rows(model: Model) -> pd.DataFrame:
    return model[2].frame.drop(columns="target")


def hostile_rows(model: Model) -> pd.DataFrame:
    """Rows for which terms cancel, and some for which squares overflow float32."""
    rows = own_rows(model)
    random = np.random.default_rng(0)
    mixed = pd.DataFrame({name: random.permutation(rows[name]) for name in rows})
    return pd.concat([rows, mixed, 1.5 * mixed, -mixed, 1e20 * rows], ignore_index=True)


def held(model: Model, rows: pd.DataFrame, ours: Predictions) -> Trial:
    """Against the bounds of the parity check."""
    regression = model[0].task is REGRESSION
    scale = 1e-3 * float(np.std(model[2].frame["target"])) if regression else 0.0
    bounds = Bounds(exact=1e-9, single=model[0].task.comparison.single, scale=scale)
    return on_trial(model[0], rows, ours, bounds, beside=own_rows(model))


def test_the_graph_answers_as_the_fitted_model_does_to_doubles(model: Model) -> None:
    known, scorer, _ = model
    rows, last = own_rows(model), known.pipeline.steps[-1][1]
    read = transform_rows(known.pipeline, rows)
    assert set(read.dtypes) == {np.dtype(np.float32)}
    ours, doubles = score_rows(scorer, rows), read.astype(np.float64)
    if known.task is REGRESSION:
        exact = compute_exact_values(known, rows)  # of a kernel ridge, whose float64 cancels too
        theirs = last.predict(doubles) if exact is None else exact
        np.testing.assert_allclose(ours.labels, theirs, rtol=1e-9, atol=1e-12 * theirs.std())
    else:
        theirs = last.predict_proba(doubles)
        np.testing.assert_allclose(ours.scores, theirs, rtol=0, atol=1e-9)


def test_rows_that_single_precision_spoils_are_proven_in_double(model: Model) -> None:
    rows = hostile_rows(model)
    trial = held(model, rows, score_rows(model[1], rows))
    assert not trial.failed.any()
    assert trial.rounded.any()
    beyond = (trial.errors > trial.bounds) | trial.flips
    assert (trial.rounded == beyond).all()


@pytest.mark.long
def test_a_graph_that_is_slightly_off_is_not_excused_by_pycarets_rounding(model: Model) -> None:
    """An error of 1e-7 would hide in float32's bound; where PyCaret is further off, it shows."""
    rows = hostile_rows(model)
    ours = score_rows(model[1], rows)
    good = held(model, rows, ours)
    if ours.scores is None:
        off = Predictions(ours.labels * (1 + 1e-7), None)
    else:
        off = Predictions(ours.labels, ours.scores + 1e-7)
    trial = held(model, rows, off)
    assert not trial.rounded.any()
    # an error just beyond the bound may be within it once both are off
    beyond = good.rounded & ((trial.errors > trial.bounds) | trial.flips)
    assert beyond.any()
    assert trial.failed[beyond].all()


def test_another_label_is_not_excused(model: Model) -> None:
    if model[0].task is REGRESSION:
        return
    rows = hostile_rows(model)
    ours = score_rows(model[1], rows)
    labels = np.where(ours.labels == "kind 0", "kind 1", "kind 0").astype(object)
    assert held(model, rows, Predictions(labels, ours.scores)).failed.all()


@pytest.mark.long
def test_powers_in_float32_have_its_bound_though_the_model_reads_doubles() -> None:
    """Beside an incremental PCA, which gives doubles whatever it is given."""
    reduced = {"pca": True, "pca_method": "incremental", "pca_components": 3}
    for powers in (True, False):
        known, dataset = trained("diabetes", "ridge", **reduced, transformation=powers)
        rows = dataset.frame.drop(columns="target")
        assert set(transform_rows(known.pipeline, rows).dtypes) == {np.dtype(np.float64)}
        assert (predict_with_pycaret(known, rows).single == powers).all()
        assert verify(export_model(known, dataset), known, dataset).passed
