"""Folds that are prepared once: the same scores as PyCaret's, and fewer fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import wraps
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer

from pipeline.automl import folds as stage
from pipeline.automl.folds import FoldCache, cache_preparation
from pipeline.automl.pycaret_isolation import isolate_pycaret
from tests.tables import DATASETS

FOLDS = 3
SETUPS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "insurance": ("lr", {}),
    "insurance, on a few rows": ("lr", {"remove_outliers": True, "outliers_method": "lof"}),
    "insurance, another target": (
        "dt",
        {"transform_target": True, "transform_target_method": "quantile", "normalize": True},
    ),
    "juice": ("lr", {"pca": True, "rare_to_value": 0.1}),
    "juice, balanced": ("dt", {"fix_imbalance": True}),
    "penguins": ("lr", {"numeric_imputation": "knn", "feature_selection": True}),
}
TARGETS = {"insurance": "charges", "juice": "Purchase", "penguins": "species"}


@pytest.fixture(scope="module", autouse=True)
def caches() -> Iterator[str]:
    with isolate_pycaret() as folder:
        yield folder


def set_up(name: str, caches: str, **options: Any) -> Any:
    from pycaret.classification import ClassificationExperiment
    from pycaret.regression import RegressionExperiment

    experiment = RegressionExperiment() if name == "insurance" else ClassificationExperiment()
    return experiment.setup(
        pd.read_csv(DATASETS / f"{name}.csv"),
        target=TARGETS[name],
        session_id=1,
        fold=FOLDS,
        n_jobs=1,
        html=False,
        verbose=False,
        **{"memory": caches, **options},
    )


def folds(experiment: Any, model: str) -> pd.DataFrame:
    experiment.create_model(model, verbose=False, round=17)
    return experiment.pull()  # type: ignore[no-any-return]


class Fits:
    """How often PyCaret fits a step that is not the model."""

    def __init__(self) -> None:
        self.steps = 0

    def __enter__(self) -> Fits:
        from pycaret.internal.preprocess import transformers as theirs

        fit = theirs.TransformerWrapper.fit

        @wraps(fit)  # PyCaret reads the names of the arguments
        def counted(wrapper: Any, *args: Any, **kwargs: Any) -> Any:
            self.steps += 1
            return fit(wrapper, *args, **kwargs)

        self._patch = patch.object(theirs.TransformerWrapper, "fit", counted)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


QUICK = ("insurance", "juice, balanced")


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=[pytest.mark.long] * (c not in QUICK)) for c in SETUPS]
)
def test_models_score_in_every_fold_what_they_score_without(case: str, caches: str) -> None:
    model, options = SETUPS[case]
    experiment = set_up(case.partition(",")[0], caches, **options)
    theirs = {name: folds(experiment, name) for name in (model, "knn", "dummy")}
    with cache_preparation() as shelf:
        mine = {name: folds(experiment, name) for name in (model, "knn", "dummy")}
    assert shelf.fitted and shelf.transformed
    for name, scores in theirs.items():
        pd.testing.assert_frame_equal(mine[name], scores, check_exact=True)


def test_each_fold_is_prepared_for_the_first_model_only(caches: str) -> None:
    experiment = set_up("insurance", caches)
    with Fits() as alone:
        experiment.create_model("lr", verbose=False)
    with cache_preparation(), Fits() as first:
        experiment.create_model("lr", verbose=False)
        with Fits() as second:
            experiment.create_model("dt", verbose=False)
            experiment.tune_model(experiment.create_model("dt"), n_iter=3, verbose=False)
    assert alone.steps and first.steps - second.steps == alone.steps
    assert second.steps < alone.steps  # at most what is fitted on all training rows


def test_pipelines_that_are_fitted_on_the_same_rows_share_no_step(caches: str) -> None:
    from pycaret.internal.pipeline import Pipeline
    from sklearn.base import clone
    from sklearn.linear_model import LinearRegression

    experiment = set_up("insurance", caches)
    blank = Pipeline([*experiment.pipeline.steps, ("model", LinearRegression())])
    with cache_preparation() as shelf, Fits() as counted:
        first, second = (clone(blank).fit(experiment.X_train, experiment.y_train) for _ in range(2))
    assert counted.steps == len(blank.steps) - 1
    fitted = [first.steps[:-1], second.steps[:-1], *(kept.steps for kept in shelf.fitted.values())]
    objects = [
        part for pipeline in fitted for _, step in pipeline for part in (step, step.transformer)
    ]
    assert len(fitted) == 3
    assert len(set(map(id, objects))) == len(objects)


def test_what_one_model_does_to_its_rows_reaches_no_other(caches: str) -> None:
    class Spoiler(BaseEstimator):  # type: ignore[misc]
        _estimator_type = "regressor"

        def fit(self, X: pd.DataFrame, y: Any) -> Spoiler:
            X.iloc[:, :] = 0.0
            return self

        def predict(self, X: pd.DataFrame) -> Any:
            X.iloc[:, :] = 0.0
            return X.iloc[:, 0].to_numpy()

    experiment = set_up("insurance", caches)
    theirs = folds(experiment, "lr")
    with cache_preparation():
        folds(experiment, "lr")
        experiment.create_model(Spoiler(), verbose=False)
        pd.testing.assert_frame_equal(folds(experiment, "lr"), theirs, check_exact=True)


def test_without_room_everything_is_prepared_again(caches: str) -> None:
    experiment = set_up("insurance", caches)
    theirs = folds(experiment, "lr")
    with cache_preparation(FoldCache(room=0)) as shelf:
        for _ in range(2):
            pd.testing.assert_frame_equal(folds(experiment, "lr"), theirs, check_exact=True)
    assert not shelf.fitted and not shelf.transformed
    with cache_preparation(FoldCache(room=200_000)) as shelf:
        for _ in range(2):
            pd.testing.assert_frame_equal(folds(experiment, "lr"), theirs, check_exact=True)
    assert shelf.fitted and 0 <= shelf.room < 200_000


def test_a_large_table_is_not_even_looked_at(caches: str, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = set_up("insurance", caches)
    theirs = folds(experiment, "lr")
    monkeypatch.setattr(stage, "LARGEST_BYTES", 1000)
    monkeypatch.setattr("joblib.hash", lambda *_, **__: pytest.fail("it was looked at"))
    with cache_preparation() as shelf:
        pd.testing.assert_frame_equal(folds(experiment, "lr"), theirs, check_exact=True)
    assert not shelf.fitted


def test_a_step_without_contents_to_hash_is_fitted_each_time(caches: str) -> None:
    same = FunctionTransformer(lambda rows: rows * 1.0)
    options = {"custom_pipeline": [("same", same)], "memory": False}  # PyCaret's hashes it too
    experiment = set_up("insurance", caches, **options)
    theirs = folds(experiment, "lr")
    with cache_preparation() as shelf:
        pd.testing.assert_frame_equal(folds(experiment, "lr"), theirs, check_exact=True)
    assert not shelf.fitted


def test_pycaret_is_as_it_was_after_the_block() -> None:
    from pycaret.internal.pipeline import Pipeline

    before = Pipeline._fit, Pipeline._memory_full_transform
    with cache_preparation():
        assert Pipeline._fit is not before[0]
    with pytest.raises(ValueError, match="stop"), cache_preparation():
        raise ValueError("stop")
    assert (Pipeline._fit, Pipeline._memory_full_transform) == before
