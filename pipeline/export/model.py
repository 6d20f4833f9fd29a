"""Stage 3: exports a trained pipeline as one self-describing ONNX file."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import onnx

from pipeline import __version__
from pipeline.export.feed_contract import describe_feed
from pipeline.export.oldest_onnxruntime import find_oldest_onnxruntime
from pipeline.export.row_warnings import add_row_warnings
from pipeline.manifest import METADATA_KEY, Manifest, Mask
from pipeline.manifest.columns import Input

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult
    from pipeline.convert import Conversion
    from pipeline.data.dataset import Dataset

PACKAGES = (
    "pycaret",
    "scikit-learn",
    "skl2onnx",
    "onnx",
    "onnxruntime",
    "pandas",
    "numpy",
    "category-encoders",
    "lightgbm",
    "xgboost-cpu",
    "catboost",
)

RULES: Mapping[str, str] = {
    "number": "float64; NaN is missing. Columns that PyCaret holds as float32 are rounded to it.",
    "text": "the empty string is missing; a value unknown from training is 'unseen' and gets "
    "what the fitted encoders give it (ordinal -1, one-hot all zero, target the overall mean).",
    "boolean": "true or false; cannot be missing.",
    "date": "int64 nanoseconds since 1970-01-01T00:00:00 without time zone; "
    "the smallest int64 is missing.",
    "range": "infinity and numbers beyond float32's range (3.4e38) are outside the contract.",
}

DROPPED = (
    "a row without one of the `required` columns has no prediction, as predict_model drops it: "
    "prediction_label is NaN, the empty string or the smallest int64, prediction_score is NaN."
)


@dataclass(frozen=True)
class OnnxModel:
    """An exported model: the file's bytes, its manifest, and the conversion it came from."""

    data: bytes
    manifest: Manifest
    conversion: Conversion


def export_model(trained: SearchResult, dataset: Dataset, *, warns: bool = False) -> OnnxModel:
    """Convert the finalized pipeline and write its contract into the file.

    Args:
        trained: whose pipeline is converted.
        dataset: what it was trained on.
        warns: whether the graph gets outputs that warn of what training never saw.

    Raises:
        ConversionError: a step or the estimator has no exact form in ONNX.
    """
    from pipeline.convert import convert

    conversion = convert(trained.pipeline, dataset.frame)
    inputs, dictionary = _describe_inputs(conversion, dataset), dataset.dictionary
    masks: tuple[Mask, ...] = ()
    if warns:
        graph, masks = add_row_warnings(conversion.model, inputs)
        conversion = replace(conversion, model=graph)
    manifest = Manifest(
        name=dataset.spec.name,
        task=trained.task.name,
        target=dataset.spec.target,
        model_id=trained.model_id,
        model_name=trained.model_name,
        inputs=inputs,
        outputs=conversion.outputs,
        warnings=masks,
        labels=conversion.labels,
        ignored=dataset.spec.ignore,
        required=conversion.required,
        rules=_rules(conversion),
        feed=describe_feed(inputs),
        dictionary={each.name: dictionary[each.name] for each in inputs},
        notes=conversion.notes,
        requires=conversion.requires,
        minimum_onnxruntime=find_oldest_onnxruntime(conversion.model),
        versions=list_versions(),
        data_sha256=dataset.sha256,
    )
    return OnnxModel(with_metadata(conversion.model, manifest), manifest, conversion)


def _describe_inputs(conversion: Conversion, dataset: Dataset) -> tuple[Input, ...]:
    """The graph's inputs, with how their cells are written and what training saw of them."""
    table = {column.name: column for column in dataset.inputs}
    return tuple(
        replace(column, cells=table[column.name].cells, known=table[column.name].known)
        for column in conversion.inputs
    )


def _rules(conversion: Conversion) -> dict[str, str]:
    return {**RULES, "dropped": DROPPED} if conversion.required else dict(RULES)


def list_versions() -> dict[str, str]:
    """Installed versions of everything that shapes a prediction."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def with_metadata(model: onnx.ModelProto, manifest: Manifest) -> bytes:
    """Serialized copy that carries the manifest, and its main facts under names of their own."""
    stamped = onnx.ModelProto()
    stamped.CopyFrom(model)
    stamped.producer_name = "pipeline"
    stamped.producer_version = __version__
    stamped.doc_string = f"{manifest.model_name} for {manifest.target} ({manifest.name})"
    facts: dict[str, Any] = {
        METADATA_KEY: manifest.to_json(indent=None),
        "task": manifest.task,
        "target": manifest.target,
        "labels": ",".join(map(str, manifest.labels or ())),
        "data_sha256": manifest.data_sha256,
        "run_id": manifest.run_id or "",
        "verdict": manifest.verdict,
        "minimum_onnxruntime": manifest.minimum_onnxruntime,
    }
    onnx.helper.set_model_props(stamped, {k: str(v) for k, v in facts.items()})
    data: bytes = stamped.SerializeToString()
    return data
