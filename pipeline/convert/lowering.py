"""Stage 3a: one fitted PyCaret pipeline in, one ONNX graph out.

The pipeline is walked once over a symbolic frame. After every step the symbolic columns are held
against what the fitted step really returned for sample rows: a difference is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.frame import (
    LARGEST_EXACT_INTEGER,
    Category,
    Column,
    Date,
    Features,
    Frame,
    Number,
    Source,
)
from pipeline.convert.graph import BOOL, DOUBLE, FLOAT, INT64, STRING, Graph, Tensor
from pipeline.convert.outcome import Outcome, Regression
from pipeline.convert.registry import find, key, merged
from pipeline.convert.steps import dates, finite, imputation, naming
from pipeline.convert.steps.step import Step
from pipeline.errors import ConversionError
from pipeline.manifest import Input, Kind, Label, Output

STEPS = merged([dates.CONVERTERS, finite.CONVERTERS, imputation.CONVERTERS, naming.CONVERTERS])
SAMPLE_ROWS = 200
UNSEEN = "\x00unseen"
TARGET_STEPS = ("label_encoding", "target_transformation")

DTYPES: Mapping[Kind, np.dtype[Any]] = {
    "number": DOUBLE,
    "text": STRING,
    "boolean": BOOL,
    "date": INT64,
}


@dataclass(frozen=True)
class Conversion:
    """A converted pipeline.

    Attributes:
        model: the checked ONNX model.
        inputs: the raw columns, in the order of the graph's inputs.
        outputs: the graph's outputs.
        labels: the class labels in the order of prediction_score; None for regression.
        origins: for each estimator column the raw numeric column it equals, or None.
        single: PyCaret hands the estimator nothing but float32 for these rows, so scikit-learn
            computes in float32 where the graph computes in float64.
        notes: what a person should know about this conversion.
    """

    model: onnx.ModelProto
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    labels: tuple[Label, ...] | None
    origins: tuple[str | None, ...]
    single: bool
    notes: tuple[str, ...] = ()


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
    rows = shrunk(frame[_raw_names(pipeline, frame)])
    graph = Graph()
    keys = _category_keys(pipeline, rows)
    wide = any(_is_wide(rows[name]) for name in rows.columns)
    sources = [_source(graph, rows[name], keys.get(name), wide) for name in rows.columns]
    symbolic = Frame(graph, {s.name: _column(s, rows[s.name]) for s in sources})
    sample = rows.head(SAMPLE_ROWS)
    for name, wrapper in _preprocessing(pipeline):
        sample = _advance(symbolic, name, wrapper, sample)
    features = symbolic.features(list(map(str, sample.columns)))
    outcome = _outcome(pipeline, features, graph)
    labels = _labels(pipeline, outcome)
    outputs = _outputs(graph, outcome, labels)
    model = graph.model(outputs)
    return Conversion(
        model=model,
        inputs=tuple(Input(str(name), kind(rows[name].dtype)) for name in rows.columns),
        outputs=tuple(_described(model)),
        labels=labels,
        origins=features.origins,
        single=all(dtype == FLOAT for dtype in sample.dtypes),
    )


def shrunk(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame in the dtypes that predict_model gives it before the pipeline runs."""
    from pycaret.utils.generic import df_shrink_dtypes

    result: pd.DataFrame = df_shrink_dtypes(frame.copy())
    return result


def kind(dtype: Any) -> Kind:
    """The kind of graph input that carries a column of this dtype."""
    if isinstance(dtype, pd.CategoricalDtype):
        return kind(dtype.categories.dtype)
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    return "number" if pd.api.types.is_numeric_dtype(dtype) else "text"


def _raw_names(pipeline: Any, frame: pd.DataFrame) -> list[str]:
    """The raw feature columns; PyCaret's feature_names_in_ ends with the target."""
    names = list(pipeline.feature_names_in_)[:-1]
    absent = [n for n in names if n not in frame.columns]
    if absent:
        raise ConversionError(f"expected the rows to have the columns {absent}")
    return names


def _preprocessing(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """The steps that act on features at prediction time."""
    for name, wrapper in pipeline.steps[:-1]:
        skipped = wrapper is None or wrapper == "passthrough" or name in TARGET_STEPS
        if not skipped and not getattr(wrapper, "_train_only", False):
            yield name, wrapper


def _category_keys(pipeline: Any, rows: pd.DataFrame) -> dict[str, list[Any]]:
    """The values that steps can tell apart, for every column that has finitely many."""
    keys = {str(c): _distinct(rows[c]) for c in rows if kind(rows[c].dtype) == "text"}
    for _, wrapper in _preprocessing(pipeline):
        if key(wrapper.transformer) not in finite.CONVERTERS:
            continue
        for name in wrapper._include or []:
            if name in rows:
                known = keys.get(name) or _distinct(rows[name])
                keys[name] = list(dict.fromkeys(known + _mapped(wrapper.transformer, name)))
    return keys


def _distinct(values: pd.Series) -> list[Any]:
    return list(pd.unique(values.dropna()))


def _mapped(transformer: Any, name: str) -> list[Any]:
    """Categories that a category_encoders encoder was given or learned for a column."""
    values: list[Any] = []
    for encoder in (transformer, getattr(transformer, "ordinal_encoder", None)):
        found = getattr(encoder, "mapping", None)
        for entry in found if isinstance(found, list) else ():
            if entry["col"] == name and isinstance(entry["mapping"], pd.Series):
                values += list(entry["mapping"].index.dropna())
    return values


def _is_wide(values: pd.Series) -> bool:
    """Whether a column holds integers that float32 cannot hold."""
    integers = pd.api.types.is_integer_dtype(values.dtype)
    return integers and float(np.abs(values.astype(float)).max()) > LARGEST_EXACT_INTEGER


def _source(graph: Graph, values: pd.Series, keys: Sequence[Any] | None, wide: bool) -> Source:
    name, sort = str(values.name), kind(values.dtype)
    if keys is not None and "" in keys:
        raise ConversionError(
            f"column {name!r} has empty text, which means missing in ONNX",
            hint="make empty text missing before training",
        )
    integers = pd.api.types.is_integer_dtype(values.dtype)
    return Source(
        name=name,
        tensor=graph.input(name, DTYPES[sort]),
        keys=tuple(keys or ()),
        # One such column makes PyCaret's answers differ between batches of integers and of
        # floats; then every integer column is kept exact, as in a batch of integers.
        wide=integers and wide,
        long=integers and values.to_numpy().itemsize >= 4,
        single=values.dtype == FLOAT,
    )


def _column(source: Source, values: pd.Series) -> Column:
    sort = kind(values.dtype)
    if sort == "date":
        return Date(source)
    if not source.keys and sort != "text":
        return Number(source)
    if sort == "text":
        return Category(source, (*source.keys, UNSEEN, None))
    if sort == "boolean":
        # Neither can reach a bool tensor; a known value keeps the probe's dtype.
        return Category(source, (*source.keys, source.keys[0], source.keys[0]))
    unseen = float(np.nextafter(max(map(float, source.keys)), np.inf)) + 1.0
    return Category(source, (*source.keys, unseen, np.nan))


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
    made = find(STEPS, wrapper.transformer, f"step {name!r}:").convert(step)
    rest = {n: c for n, c in symbolic.columns.items() if n not in columns}
    symbolic.columns = _in_traced_order(name, {**rest, **made}, after)
    return after


def _in_traced_order(
    name: str, columns: Mapping[str, Column], after: pd.DataFrame
) -> dict[str, Column]:
    """Exactly the columns that the fitted step returned, in its order."""
    traced = list(map(str, after.columns))
    absent, surplus = set(traced) - set(columns), set(columns) - set(traced)
    if absent or surplus:
        raise ConversionError(
            f"step {name!r}: expected the columns it returns, "
            f"got without {sorted(absent)} and with {sorted(surplus)}"
        )
    return {column: columns[column] for column in traced}


def _outcome(pipeline: Any, features: Features, graph: Graph) -> Outcome:
    if "target_transformation" in dict(pipeline.steps):
        raise ConversionError(
            "transform_target has no conversion yet", hint="set transform_target = false"
        )
    return convert_estimator(pipeline.steps[-1][1], features, graph)


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
        raise ConversionError(
            f"predict_model truncates the labels {list(classes)} to integers that coincide",
            hint="write the target as text or as whole numbers",
        )
    return tuple(int(c) for c in integers)


def _outputs(
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


def _described(model: onnx.ModelProto) -> Iterator[Output]:
    for info in model.graph.output:
        tensor = info.type.tensor_type
        shape = tuple(d.dim_param or d.dim_value for d in tensor.shape.dim)
        element = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        yield Output(info.name, f"tensor({element})", shape)
