"""The pipeline in words: every step in its order, with the columns that it really touches."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from types import SimpleNamespace

import category_encoders
import numpy as np
import pytest
from category_encoders import wrapper as wrappers
from pycaret.internal.preprocess import iterative_imputer, transformers
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder
from sklearn.utils import all_estimators

from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.convert.steps.dispatch import STEPS
from pipeline.report.pipeline_in_words import SHOWN, describe_steps, describe_transformer
from pipeline.track.training_result import Converted, Unconverted

MODULES = (category_encoders, wrappers, iterative_imputer, transformers)
"""Where steps that are not scikit-learn's come from."""


def test_the_steps_are_those_of_the_pipeline_and_end_in_the_model(insurance: Converted) -> None:
    found = describe_steps(insurance)
    pipeline = insurance.trained.pipeline
    assert [step["name"] for step in found] == [name for name, _ in pipeline.steps]
    assert [step["last"] for step in found] == [False] * (len(found) - 1) + [True]
    assert found[-1]["does"] == f"predicts charges: {insurance.trained.model_name}"
    for step, (_, wrapper) in zip(found[:-1], pipeline.steps, strict=False):
        assert list(step["columns"]) == list(wrapper._include)
        assert step["kind"] == type(wrapper.transformer).__name__


def test_the_model_gets_the_columns_that_the_pipeline_makes(insurance: Converted) -> None:
    made = transform_rows(insurance.trained.pipeline, insurance.dataset.frame)
    last = describe_steps(insurance)[-1]
    assert list(last["columns"]) == list(made.columns)[:SHOWN]
    assert last["more"] == max(0, made.shape[1] - SHOWN)


def test_a_step_says_which_columns_it_replaces(insurance: Converted) -> None:
    (onehot,) = (step for step in describe_steps(insurance) if step["kind"] == "OneHotEncoder")
    names = insurance.trained.pipeline.steps[-1][1].feature_names_in_
    made = [name for name in names if name.startswith("region_")]
    assert onehot["gives"] == f"{', '.join(made)} in place of region"


def test_a_step_on_the_target_says_so(penguins: Converted) -> None:
    assert describe_steps(penguins)[0]["columns"] == ("species",)
    assert describe_steps(penguins)[0]["note"] == "undone in predictions"


def test_a_run_without_a_graph_has_the_same_steps(penguins: Converted) -> None:
    plain = Unconverted(
        penguins.dataset, penguins.config, penguins.trained, penguins.folder, "not asked for"
    )
    assert describe_steps(plain) == describe_steps(penguins)


@pytest.mark.parametrize("name", [n for n, row in STEPS.items() if isinstance(row.does, str)])
def test_a_sentence_asks_a_transformer_only_for_what_its_class_is_made_with(name: str) -> None:
    package, class_name = name.split(".")
    modules = [vars(module) for module in MODULES if module.__name__.startswith(package)]
    known = [dict(all_estimators())] if package == "sklearn" else modules
    (cls, *_) = (found[class_name] for found in known if class_name in found)
    made_with = SimpleNamespace(**dict.fromkeys(signature(cls).parameters, (0, 1)))
    assert STEPS[name].describe(made_with)


def test_a_step_that_the_report_alone_knows_has_words() -> None:
    assert describe_transformer(LabelEncoder()) == "numbers the classes for the model"


def test_a_step_that_nobody_knows_and_a_model_that_knows_no_names(penguins: Converted) -> None:
    rows = penguins.dataset.frame[["year", "body_mass_g"]].fillna(0)
    step = FunctionTransformer(np.log1p).fit(rows)
    assert describe_transformer(step) == "applies FunctionTransformer"
    pipeline = Pipeline([("log", step), ("none", "passthrough"), ("model", object())])
    trained = replace(penguins.trained, pipeline=pipeline)
    assert [s["name"] for s in describe_steps(replace(penguins, trained=trained))][-1] == "model"
