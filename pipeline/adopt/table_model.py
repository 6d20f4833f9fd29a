"""Exports a fitted model whose sample is a table: columns in, through this project's converters.

The graph has the manifest of a trained model, so that `Scorer`, bundles, conformance and the model
page take it as one.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.adopt.table_rows import (
    list_model_columns,
    make_model_input,
    make_plain,
    reads_categories,
    select_model_columns,
)
from pipeline.convert.fitted_model import convert_fitted_model, find_known_categories, split_model
from pipeline.convert.lowering import Conversion
from pipeline.data.known_values import describe_values, summarize_known
from pipeline.errors import ConversionError, UsageError, causes
from pipeline.export.feed_contract import describe_feed
from pipeline.export.model import RULES, OnnxModel, list_versions, with_metadata
from pipeline.export.oldest_onnxruntime import find_oldest_onnxruntime
from pipeline.manifest import Manifest
from pipeline.manifest.columns import Cells, Input
from pipeline.tasks import CLASSIFICATION, REGRESSION

_TRAINING_ONLY = ("pycaret", "category-encoders", "skl2onnx")


def export_table_model(
    model: Any, frame: pd.DataFrame, name: str, target: str = "label"
) -> OnnxModel:
    """The graph with its manifest, not proven yet.

    Args:
        model: a fitted estimator or pipeline of scikit-learn, or a booster in its dress.
        frame: rows that it takes, target or not; as many as there are, as they are what is known
            of its columns.
        name: of the model, in the registry too.
        target: what it predicts.

    Raises:
        UsageError: model and sample do not fit each other.
        DataError: a column has values of several types.
        ConversionError: a step or the estimator has no exact form.
    """
    is_input = target in (list_model_columns(model) or ())
    taken = frame if is_input else frame.drop(columns=[target], errors="ignore")
    columns = select_model_columns(model, taken)
    _refuse_several_targets(model, frame, columns)
    inner = find_predictor(model)
    rows = make_plain(frame[columns], with_categories=reads_categories(inner))
    conversion = convert_fitted_model(inner, rows)
    rows = make_plain(rows)
    inputs = _describe_inputs(conversion, rows, inner)
    task = REGRESSION if conversion.labels is None else CLASSIFICATION
    last = type(split_model(inner)[1]).__name__
    given = [*map(str, frame.columns)]
    manifest = Manifest(
        name=name,
        task=task.name,
        target=target,
        model_id=last,
        model_name=last,
        inputs=inputs,
        outputs=conversion.outputs,
        labels=conversion.labels,
        ignored=tuple(each for each in given if each not in {*columns, target}),
        rules={**RULES, "number": _say_numbers(rows)},
        feed=describe_feed(inputs),
        dictionary={each: describe_values(rows[each]) for each in columns},
        notes=conversion.notes,
        requires=conversion.requires,
        minimum_onnxruntime=find_oldest_onnxruntime(conversion.model),
        versions={k: v for k, v in list_versions().items() if k not in _TRAINING_ONLY},
        data_sha256=hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest(),
    )
    return OnnxModel(with_metadata(conversion.model, manifest), manifest, conversion)


def find_predictor(model: Any) -> Any:
    """The model that answers: of a search for parameters the best one, fitted again on all."""
    while (best := getattr(model, "best_estimator_", None)) is not None:
        model = best
    return model


def _say_numbers(rows: pd.DataFrame) -> str:
    singles = [str(name) for name in rows if rows[name].dtype == np.float32]
    rounded = f" Rounded to float32, as the model was given: {', '.join(singles)}."
    return f"float64; NaN is missing.{rounded if singles else ''}"


def _refuse_several_targets(model: Any, frame: pd.DataFrame, columns: list[str]) -> None:
    try:
        found = np.asarray(model.predict(make_model_input(model, frame.head(2), columns)))
    except Exception as err:  # whatever a model raises
        causes.raise_if_memory(err)
        raise UsageError(
            f"the model cannot predict the sample ({type(err).__name__}: {err})",
            hint="Hand over a fitted model, and rows as it was fitted on",
        ) from err
    if found.ndim > 1 and found.shape[1] > 1:
        raise ConversionError(
            f"the model predicts {found.shape[1]} values for each row, expected one",
            hint="Fit one model per target",
        )


def _describe_inputs(conversion: Conversion, rows: pd.DataFrame, inner: Any) -> tuple[Input, ...]:
    """The graph's inputs; of a text column, every value that the model's encoders know."""
    known = find_known_categories(inner, rows)
    described = []
    for column in conversion.inputs:
        seen = summarize_known(rows[column.name])
        if seen.categories is not None:
            texts = {*seen.categories, *map(str, known.get(column.name, ()))}
            seen = replace(seen, categories=tuple(sorted(texts)))
        described.append(replace(column, cells=Cells(), known=seen))
    return tuple(described)
