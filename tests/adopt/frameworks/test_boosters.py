"""Boosters, bare and from their own files, are proven as scikit-learn's models are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from pipeline.adopt.array_model import adopt_model
from pipeline.adopt.framework import find_framework
from pipeline.adopt.frameworks.boosters import dress_booster, read_booster_file
from pipeline.adopt.sample import Sample, make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.adopt.source import load_source
from pipeline.adopt.table import adopt_table_model
from pipeline.errors import UsageError

RANDOM = np.random.default_rng(5)
FRAME = pd.DataFrame({"a": RANDOM.normal(0, 1e3, 150), "b": RANDOM.integers(0, 9, 150) * 1.0})
NUMBER = FRAME["a"] * 2 + FRAME["b"]
TWO = (FRAME["a"] > FRAME["b"]).astype(int)
THREE = TWO + (FRAME["b"] > 6)

LIGHTGBM = {
    "binary": ({"objective": "binary"}, TWO),
    "multiclass": ({"objective": "multiclass", "num_class": 3}, THREE),
    "regression": ({}, NUMBER),
}
XGBOOST = {
    "binary": ({"objective": "binary:logistic"}, TWO),
    "multiclass": ({"objective": "multi:softprob", "num_class": 3}, THREE),
    "regression": ({}, NUMBER),
}
CATBOOST = {
    "binary": ({"loss_function": "Logloss"}, np.where(TWO, "yes", "no")),
    "multiclass": ({"loss_function": "MultiClass"}, THREE),
    "regression": ({}, NUMBER),
}
KINDS = list(LIGHTGBM)


def _train_lightgbm(kind: str) -> Any:
    options, target = LIGHTGBM[kind]
    return lightgbm.train({"verbose": -1, **options}, lightgbm.Dataset(FRAME, target), 8)


def _train_xgboost(kind: str) -> Any:
    options, target = XGBOOST[kind]
    return xgboost.train(options, xgboost.DMatrix(FRAME, target), 8)


def _train_catboost(kind: str) -> Any:
    options, target = CATBOOST[kind]
    quiet = {"verbose": 0, "allow_writing_files": False, "iterations": 8}
    return catboost.CatBoost({**quiet, **options}).fit(FRAME, target)


def _answer(model: Any) -> Any:
    """Probabilities of all classes, or numbers."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(FRAME)
    return model.predict(FRAME)


@pytest.mark.parametrize("kind", KINDS)
def test_a_dressed_booster_answers_as_the_bare_one(kind: str) -> None:
    light, xg, cat = _train_lightgbm(kind), _train_xgboost(kind), _train_catboost(kind)
    form = {"prediction_type": "RawFormulaVal" if kind == "regression" else "Probability"}
    pairs = [
        (light.predict(FRAME), _answer(dress_booster(light))),
        (xg.predict(xgboost.DMatrix(FRAME)), _answer(dress_booster(xg))),
        (cat.predict(FRAME, **form), _answer(dress_booster(cat))),
    ]
    for bare, dressed in pairs:
        of_second = dressed[:, 1] if bare.ndim < dressed.ndim else dressed
        np.testing.assert_array_equal(of_second, bare)


@pytest.mark.parametrize(
    "kind", ["binary", *(pytest.param(kind, marks=pytest.mark.long) for kind in KINDS[1:])]
)
@pytest.mark.parametrize(
    ("train", "ending"),
    [
        (_train_lightgbm, "txt"),
        *((_train_xgboost, ending) for ending in ("ubj", "json")),
        *((_train_catboost, ending) for ending in ("cbm", "json")),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_booster_file_becomes_a_proven_model(
    train: Any, ending: str, kind: str, tmp_path: Path
) -> None:
    file, booster = tmp_path / f"model.{ending}", train(kind)
    more = {"format": ending} if isinstance(booster, catboost.CatBoost) else {}
    booster.save_model(str(file), **more)
    model = load_source(str(file))
    np.testing.assert_allclose(_answer(model), _answer(dress_booster(booster)), rtol=1e-12)
    exported, parity = adopt_table_model(
        model, FRAME.assign(label=1)[["label", "b", "a"]], "boosted"
    )
    assert parity.passed, parity.text
    assert [column.name for column in exported.manifest.inputs] == ["a", "b"]


def test_categories_of_pandas_are_those_that_lightgbm_knows() -> None:
    frame = FRAME.assign(kind=pd.Categorical(RANDOM.choice(["x", "y", "z"], 150)))
    frame.loc[3:8, "kind"] = np.nan
    model = lightgbm.LGBMClassifier(n_estimators=8, min_child_samples=2, verbose=-1)
    exported, parity = adopt_table_model(model.fit(frame, frame["kind"] == "x"), frame, "boosted")
    assert parity.passed, parity.text
    assert exported.manifest.inputs[-1].kind == "text"


def test_a_space_in_a_name_is_an_underscore_to_lightgbm() -> None:
    frame = FRAME.rename(columns={"a": "a b"})
    model = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(frame, NUMBER)
    exported, _ = adopt_table_model(model, frame, "boosted")
    assert [column.name for column in exported.manifest.inputs] == ["a b", "b"]


@pytest.mark.parametrize("train", [_train_lightgbm, _train_xgboost, _train_catboost])
def test_one_array_goes_to_the_framework_of_the_booster(train: Any) -> None:
    booster, sample = train("binary"), Sample({"x": FRAME.to_numpy()})
    framework = find_framework(booster)
    assert framework.check(booster) == []
    assert framework.find_inputs(booster, sample, AdoptConfig())[0].shape == ("batch", 2)
    assert framework.name == type(booster).__module__.split(".")[0]


def test_a_file_of_none_of_them_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("{}")
    with pytest.raises(UsageError, match="no model of LightGBM"):
        read_booster_file(file)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.cbm"
    file.write_bytes(b"CBM1" + bytes(9))
    with pytest.raises(UsageError, match="cannot be read"):
        read_booster_file(file)


def test_xgboost_fitted_on_an_array_is_adopted_with_one() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(60, 3)).astype(np.float32), generator.normal(size=60)
    model = xgboost.XGBRegressor(n_estimators=5).fit(x, y)
    assert adopt_model(model, make_sample(x), AdoptConfig()).proof.passed


def test_a_bare_booster_that_stopped_early_predicts_with_every_round() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(80, 3)).astype(np.float32), generator.normal(size=80)
    train, test = xgboost.DMatrix(x[:60], y[:60]), xgboost.DMatrix(x[60:], -y[60:])
    booster = xgboost.train(
        {}, train, 20, [(test, "t")], early_stopping_rounds=3, verbose_eval=False
    )
    assert booster.best_iteration < booster.num_boosted_rounds() - 1
    dressed = dress_booster(booster)
    np.testing.assert_array_equal(dressed.predict(x), booster.predict(xgboost.DMatrix(x)))
