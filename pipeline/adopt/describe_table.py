"""Describes an adopted graph of columns: what is published of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.adopt.publication import Publication, Seal, Value, make_table
from pipeline.adopt.table import render_table_model
from pipeline.export import mlflow_flavor
from pipeline.export.model import OnnxModel
from pipeline.model_page.render import render_model_page
from pipeline.registry.model_names import subject_tags
from pipeline.rendering.wording import format_count, format_number, format_size
from pipeline.report.graph_diagram import count_nodes

if TYPE_CHECKING:
    from pipeline.parity.verify import Parity

_CODE = """from pipeline.scorer import Scorer

answers = Scorer("onnx/model.onnx").predict(frame)"""


def describe_adopted_table(
    model: OnnxModel, parity: Parity, framework: str, frame: pd.DataFrame
) -> Publication:
    """All that is published of a graph that takes columns.

    Args:
        framework: with its version.
        frame: the sample.
    """
    import onnx

    manifest = model.manifest
    nodes = count_nodes(onnx.load_from_string(model.data).graph)
    errors = [float(parity.summary[f"max_error_{rows}"]) for rows in ("table", "hostile")]
    names = [column.name for column in manifest.inputs]

    def save(path: str, mlflow_model: Any, graph: Path, seal: Seal, **_: Any) -> None:
        example = frame[names].head(3)
        mlflow_flavor.save_model(path, mlflow_model, graph, input_example=example, seal=seal)

    return Publication(
        name=manifest.name,
        framework=framework,
        passed=parity.passed,
        text=parity.text,
        data=model.data,
        files=render_table_model(model, parity),
        inputs=tuple(Value(each.name, each.kind, ("N", 1)) for each in manifest.inputs),
        outputs=tuple(Value(each.name, each.type, each.shape) for each in manifest.outputs),
        tiles=(
            ("file", format_size(len(model.data)), format_count(nodes, "operator")),
            ("needs onnxruntime", manifest.minimum_onnxruntime, "or newer"),
        ),
        rule="Labels must be equal, numbers within 1e-9 of the model's own, more where it computes "
        "with fewer digits itself, on the sample's rows and on hostile ones.",
        proof=make_table(
            ("", ""), ((key, format_number(value)) for key, value in parity.summary.items())
        ),
        parity=pd.DataFrame([dict(row) for row in parity.table]),
        figures={"parity_max_error": max(errors), "onnx_bytes": float(len(model.data))},
        code=_CODE,
        versions=manifest.versions,
        subject=subject_tags(manifest),
        save=save,
        render_page=lambda folder: render_model_page(folder, manifest),
        notes=manifest.notes,
    )
