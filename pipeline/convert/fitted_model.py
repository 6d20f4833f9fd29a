"""Converts a fitted model that did not come from PyCaret: an estimator, or steps and one at last.

The walk is that of `lowering`, but nothing shrinks the columns: a float64 stays one.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.estimators.dispatch import convert_estimator, load_converters
from pipeline.convert.graph.graph import Graph
from pipeline.convert.ill_conditioned import refuse_cancelling
from pipeline.convert.known_categories import KnownCategories, leaves_as_is
from pipeline.convert.lowering import Conversion, make_conversion, name_outputs
from pipeline.convert.registry import class_key, find_converter
from pipeline.convert.steps.composite import InnerTransformer
from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.steps.step import Step
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.outputs import Outcome, Regression
from pipeline.convert.symbolic.raw_inputs import (
    SAMPLE_ROWS,
    choose_kind,
    declare_given_columns,
)
from pipeline.errors import ConversionError, causes
from pipeline.manifest import Label


def convert_fitted_model(model: Any, frame: pd.DataFrame) -> Conversion:
    """Convert a fitted estimator or `sklearn.pipeline.Pipeline`.

    Args:
        model: an estimator of `load_converters`, behind any steps of `STEPS`.
        frame: (N, F) rows in the columns that it takes, in its order and in its own dtypes;
            text is str, or NaN where it is missing. The first 200 rows are traced.

    Raises:
        ConversionError: a step or the estimator has no exact form.
    """
    steps, estimator = split_model(model)
    graph, categories = Graph(), find_known_categories(model, frame)
    symbolic = Frame(graph, declare_given_columns(graph, frame, categories))
    sample = frame.head(SAMPLE_ROWS).reset_index(drop=True)
    for name, transformer in steps:
        sample = _advance(symbolic, name, transformer, sample)
    coded = [str(c) for c in sample if isinstance(sample[c].dtype, pd.CategoricalDtype)]
    features = symbolic.features(list(map(str, sample.columns)), coded)
    if not coded:
        refuse_cancelling(estimator, sample)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns without names
        outcome = convert_estimator(estimator, features, graph)
    labels = name_classes(outcome)
    made = graph.model(name_outputs(symbolic, outcome, labels))
    return make_conversion(made, frame, features, labels)


def split_model(model: Any) -> tuple[list[tuple[str, Any]], Any]:
    """The steps that change something, by name, and the estimator behind them.

    Raises:
        ConversionError: the last step is no estimator.
    """
    if class_key(model) != "sklearn.Pipeline":
        return [], model
    *steps, (_, estimator) = model.steps
    inner, last = split_model(estimator)
    if isinstance(last, str) or last is None:
        raise ConversionError(
            "the pipeline ends with 'passthrough', expected an estimator that predicts",
            hint="Hand over the pipeline with its last step",
        )
    return [step for step in [*steps, *inner] if not leaves_as_is(step[1])], last


def find_known_categories(model: Any, frame: pd.DataFrame) -> Mapping[str, Sequence[Any]]:
    """By column, the values that the model's encoders know; every step is known afterwards.

    Args:
        frame: as `convert_fitted_model` takes it.

    Raises:
        ConversionError: a step or the estimator has no converter, or a column of numbers is both
            encoded and computed with.
    """
    steps, estimator = split_model(model)
    known, names = KnownCategories(), [*map(str, frame)]
    alive: Sequence[str] | None = names
    for name, transformer in steps:
        alive = known.follow(transformer, alive, f"step {name!r}:")
    find_converter(load_converters(), estimator, "estimator")
    known.computed |= {*(alive or ())}
    for name in names:
        is_number = choose_kind(frame[name].dtype) == "number"
        if is_number and name in known.values and name in known.computed:
            raise ConversionError(
                f"column {name!r}: one step encodes its numbers as categories, another computes "
                "with them",
                hint="Copy the column under a second name, and fit the model on both",
            )
    return known.values


def _advance(symbolic: Frame, name: str, transformer: Any, sample: pd.DataFrame) -> pd.DataFrame:
    """Take one step: the symbolic frame is changed, the traced rows are returned."""
    wrapper = InnerTransformer(transformer)
    try:
        after = wrapper.transform(sample.copy())
    except Exception as err:  # whatever a transformer raises of its own rows
        causes.raise_if_memory(err)
        raise ConversionError(
            f"step {name!r} cannot transform the sample ({type(err).__name__}: {err})",
            hint="Give rows as the model was fitted on, with all its columns",
        ) from err
    step = Step(name, wrapper, transformer, symbolic.columns, sample, after, symbolic.graph)
    made = find_converter(STEPS, transformer, f"step {name!r}:").convert(step)
    if len(after) != len(sample) or {*map(str, after)} - {*made}:
        raise ConversionError(
            f"step {name!r} drops rows, or makes columns that are no function of its own"
        )
    symbolic.columns = {str(column): made[str(column)] for column in after}
    return after


def name_classes(outcome: Outcome) -> tuple[Label, ...] | None:
    """The classes as the manifest has them: text or whole numbers; None for numbers.

    Raises:
        ConversionError: they are something else, or several for a row.
    """
    if isinstance(outcome, Regression):
        return None
    classes = list(np.asarray(outcome.classes, dtype=object))
    if all(isinstance(each, str) for each in classes):
        return tuple(str(each) for each in classes)
    numbers = [each for each in classes if isinstance(each, int | float | np.number | np.bool_)]
    if len(numbers) < len(classes) or any(each != int(each) for each in numbers):
        raise ConversionError(
            f"the model's classes are {classes[:5]}, expected text or whole numbers",
            hint="Fit it on labels of text or whole numbers",
        )
    return tuple(int(each) for each in numbers)
