"""Stage 3a: converts one fitted PyCaret pipeline to one ONNX graph.

The pipeline is walked once over a symbolic frame. After every step the symbolic columns are held
against what the fitted step really returned for sample rows: a difference is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import INT64, STRING, Tensor
from pipeline.convert.ill_conditioned import refuse_cancelling
from pipeline.convert.pycaret_pipeline import list_feature_steps, shrink_dtypes
from pipeline.convert.registry import find_converter
from pipeline.convert.steps import dropped_rows
from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.steps.step import Step
from pipeline.convert.support.caveat import Caveat, suggest_training_anyway
from pipeline.convert.symbolic.columns import Column
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.outputs import Outcome, Regression
from pipeline.convert.symbolic.raw_inputs import choose_kind, declare_raw_columns, sample_rows
from pipeline.convert.target_transform import restore_target
from pipeline.errors import ConversionError
from pipeline.manifest import Label, Output
from pipeline.manifest.columns import Input


@dataclass(frozen=True)
class Conversion:
    """A converted pipeline.

    Attributes:
        model: the checked ONNX model.
        inputs: the raw columns, in the order of the graph's inputs.
        outputs: the graph's outputs.
        labels: the class labels in the order of prediction_score; None for regression.
        origins: for each estimator column the raw numeric column it equals, or None.
        required: raw columns without which a row has no prediction.
        notes: what a person should know about this conversion.
    """

    model: onnx.ModelProto
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    labels: tuple[Label, ...] | None
    origins: tuple[str | None, ...]
    required: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def requires(self) -> dict[str, int]:
        """Opsets beyond ai.onnx and ai.onnx.ml, by domain."""
        opsets = {opset.domain: opset.version for opset in self.model.opset_import}
        return {domain: v for domain, v in opsets.items() if domain not in ("", "ai.onnx.ml")}


def convert(pipeline: Any, frame: pd.DataFrame) -> Conversion:
    """Convert a fitted PyCaret pipeline that ends in an estimator.

    Args:
        pipeline: `finalize_model`'s result, or any fitted PyCaret pipeline.
        frame: rows as they were given to `setup`, ideally all of them; columns the pipeline does
            not know are ignored.

    Raises:
        ConversionError: a step or the estimator has no exact form, or the graph would not do what
            the fitted step does.
    """
    rows = shrink_dtypes(frame[_raw_names(pipeline, frame)])
    symbolic, sample = _before_model(pipeline, rows)
    graph = symbolic.graph
    categorical = [str(c) for c in sample if isinstance(sample[c].dtype, pd.CategoricalDtype)]
    features = symbolic.features(list(map(str, sample.columns)), categorical)
    refuse_cancelling(pipeline.steps[-1][1], sample)
    outcome = convert_estimator(pipeline.steps[-1][1], features, graph)
    outcome = restore_target(outcome, pipeline, sample)
    labels = _labels(pipeline, outcome)
    model = graph.model(name_outputs(symbolic, outcome, labels))
    return make_conversion(model, rows, features, labels, tuple(symbolic.required))


def convert_preprocessing(pipeline: Any, frame: pd.DataFrame) -> Conversion:
    """Convert what comes before the estimator: the output `features` is what it reads, (N, F).

    Args:
        pipeline: as for `convert`; columns of pandas' category dtype have no such matrix.
        frame: as for `convert`.

    Raises:
        ConversionError: as `convert`.
    """
    rows = shrink_dtypes(frame[_raw_names(pipeline, frame)])
    symbolic, sample = _before_model(pipeline, rows)
    features = symbolic.features(list(map(str, sample.columns)))
    model = symbolic.graph.model({"features": (features.double, ["N", features.width])})
    return make_conversion(model, rows, features)


def make_conversion(
    model: onnx.ModelProto,
    rows: pd.DataFrame,
    features: Features,
    labels: tuple[Label, ...] | None = None,
    required: tuple[str, ...] = (),
) -> Conversion:
    """The conversion of a whole graph, whose inputs are the columns of `rows`."""
    return Conversion(
        model=model,
        inputs=tuple(Input(str(name), choose_kind(rows[name].dtype)) for name in rows.columns),
        outputs=tuple(_describe_outputs(model)),
        labels=labels,
        origins=features.origins,
        required=required,
    )


def refuse_steps(preprocessing: Any, frame: pd.DataFrame) -> None:
    """Refuse a preprocessing without a graph, before models are trained on what it makes.

    Args:
        preprocessing: PyCaret's pipeline after `setup`: fitted, without an estimator.
        frame: as for `convert`.

    Raises:
        ConversionError: a step has no exact form.
    """
    steps = [*preprocessing.steps, ("model", None)]
    pipeline = SimpleNamespace(steps=steps, feature_names_in_=preprocessing.feature_names_in_)
    try:
        _before_model(pipeline, shrink_dtypes(frame[_raw_names(pipeline, frame)]))
    except ConversionError as err:
        raise ConversionError(
            err.message, hint=suggest_training_anyway(err.hint), **err.details
        ) from err


def _before_model(pipeline: Any, rows: pd.DataFrame) -> tuple[Frame, pd.DataFrame]:
    """The columns that reach the model, as functions of the raw ones and for some of the rows."""
    graph = Graph()
    symbolic = Frame(graph, declare_raw_columns(graph, pipeline, rows))
    sample = sample_rows(pipeline, rows)
    for name, wrapper in list_feature_steps(pipeline):
        sample = _advance(symbolic, name, wrapper, sample)
    return symbolic, sample


def _raw_names(pipeline: Any, frame: pd.DataFrame) -> list[str]:
    """The raw feature columns; PyCaret's feature_names_in_ ends with the target."""
    names = list(pipeline.feature_names_in_)[:-1]
    absent = [n for n in names if n not in frame.columns]
    if absent:
        raise ConversionError(f"expected the rows to have the columns {absent}")
    return names


def _advance(symbolic: Frame, name: str, wrapper: Any, sample: pd.DataFrame) -> pd.DataFrame:
    """Take one step: the symbolic frame is changed, the traced rows are returned."""
    after: pd.DataFrame = wrapper.transform(sample.copy())
    included = wrapper._include
    if included is None:
        included = [c for c in sample.columns if c not in (wrapper._exclude or [])]
    if not included:
        return after
    columns = {str(c): symbolic.columns[str(c)] for c in included}
    step = Step(name, wrapper, wrapper.transformer, columns, sample, after, symbolic.graph)
    made = find_converter(STEPS, wrapper.transformer, f"step {name!r}:").convert(step)
    symbolic.required |= dropped_rows.list_required_columns(step)
    rest = {n: c for n, c in symbolic.columns.items() if n not in columns}
    symbolic.columns = _in_traced_order(name, {**rest, **made}, after)
    return after


def _in_traced_order(
    name: str, columns: Mapping[str, Column], after: pd.DataFrame
) -> dict[str, Column]:
    """Exactly the columns that the fitted step returned, in its order; it may leave some out."""
    traced = list(map(str, after.columns))
    if absent := sorted(set(traced) - set(columns)):
        raise ConversionError(
            f"step {name!r} returns columns that are no function of those it is given: {absent}",
            hint="leave out the option of setup that adds this step",
        )
    return {column: columns[column] for column in traced}


COINCIDING = Caveat.when_converted(
    "labels that predict_model truncates to the same whole number",
    instead="write the target as text or as whole numbers",
)


def _labels(pipeline: Any, outcome: Outcome) -> tuple[Label, ...] | None:
    """Class labels as predict_model returns them: it makes integers of whatever it can."""
    if isinstance(outcome, Regression):
        return None
    encoder = dict(pipeline.steps).get("label_encoding")
    positions = np.asarray(outcome.classes)
    classes: NDArray[Any] = positions
    if encoder is not None:
        classes = np.asarray(encoder.transformer.classes_)[positions.astype(int)]
    try:
        integers = classes.astype(int)
    except (TypeError, ValueError):
        return tuple(str(c) for c in classes)
    if len(set(integers)) < len(integers):
        raise COINCIDING.error(
            f"predict_model truncates the labels {list(classes)} to integers that coincide"
        )
    return tuple(int(c) for c in integers)


def name_outputs(
    frame: Frame, outcome: Outcome, labels: tuple[Label, ...] | None
) -> dict[str, tuple[Tensor, list[str | int]]]:
    """The graph's outputs; a row that a step dropped has missing ones."""
    outputs = _model_outputs(frame.graph, outcome, labels)
    if not frame.required:
        return outputs
    dropped = dropped_rows.find_incomplete_rows(frame.graph, frame.required)
    return {
        name: (dropped_rows.blank_dropped_rows(tensor, dropped, flat=len(shape) == 1), shape)
        for name, (tensor, shape) in outputs.items()
    }


def _model_outputs(
    graph: Graph, outcome: Outcome, labels: tuple[Label, ...] | None
) -> dict[str, tuple[Tensor, list[str | int]]]:
    if isinstance(outcome, Regression):
        return {"prediction_label": (outcome.values.reshape(-1), ["N"])}
    assert labels is not None
    dtype = STRING if isinstance(labels[0], str) else INT64
    known = graph.constant(np.array(labels, dtype=dtype))
    outputs: dict[str, tuple[Tensor, list[str | int]]] = {
        "prediction_label": (known.gather(outcome.label, axis=0), ["N"])
    }
    if outcome.probabilities is not None:
        outputs["prediction_score"] = (outcome.probabilities, ["N", len(labels)])
    return outputs


def _describe_outputs(model: onnx.ModelProto) -> Iterator[Output]:
    for info in model.graph.output:
        tensor = info.type.tensor_type
        shape = tuple(d.dim_param or d.dim_value for d in tensor.shape.dim)
        element = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        yield Output(info.name, f"tensor({element})", shape)
