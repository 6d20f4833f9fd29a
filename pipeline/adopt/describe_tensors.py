"""Describes an adopted graph of tensors: what is published of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.publication import Publication, Seal, Value, make_table
from pipeline.manifest.tensors import Tensor, TensorManifest
from pipeline.rendering.wording import format_count, format_size
from pipeline.report.graph_diagram import count_nodes
from pipeline.runtime import integrity

if TYPE_CHECKING:
    from pipeline.adopt.array_model import Adopted
    from pipeline.adopt.verify import Comparison

MOST = 100_000
"""Numbers of golden.json; of large inputs it has fewer rows."""
TASK = "tensors"
"""What stands as `task` at a registered model that takes tensors, not columns."""


def describe_adopted(adopted: Adopted) -> Publication:
    """All that is published of a graph that takes tensors."""
    import onnx
    import pandas as pd

    manifest, proof = adopted.manifest, adopted.proof
    nodes = count_nodes(onnx.load_from_string(adopted.data).graph)
    opsets = ", ".join(f"{name or 'ai.onnx'} {n}" for name, n in sorted(manifest.domains.items()))
    counted = [each for each in proof.comparisons if each.counts and not each.refused]
    error = max((each.error for each in counted), default=0.0)

    def save(path: str, mlflow_model: Any, graph: Path, seal: Seal, **_: Any) -> None:
        save_tensor_model(path, mlflow_model, graph, manifest)
        seal(integrity.write_checksums(Path(path)))

    return Publication(
        name=manifest.name,
        framework=f"{manifest.framework} {manifest.framework_version}",
        passed=proof.passed,
        text=proof.text,
        data=adopted.data,
        files={
            integrity.MODEL: adopted.data,
            "manifest.json": manifest.to_json(),
            "golden.json": render_golden(adopted),
            **{f"model.{each.way}.onnx": each.data for each in adopted.optimized if each.admitted},
        },
        inputs=tuple(Value(each.name, each.dtype, each.shape) for each in manifest.inputs),
        outputs=tuple(Value(each.name, each.dtype, each.shape) for each in manifest.outputs),
        tiles=(
            ("largest error", f"{error:.2g}", f"of {format_count(len(counted), 'comparison')}"),
            ("holds at rtol", f"{proof.rtol:g}", f"and atol {proof.atol:g}"),
            ("file", format_size(len(adopted.data)), format_count(nodes, "operator")),
            ("opset", str(manifest.domains.get("", "")), opsets),
        ),
        rule="Graph and model agree where |graph - model| ≤ atol + rtol · |model|, NaN with NaN; "
        f"rtol {adopted.bound.rtol:g} and atol {adopted.bound.atol:g} were allowed. The column "
        "rtol is the tightest that holds for a case, with a hundredth of it as atol. Inputs that "
        "are not finite are compared too, and do not count.",
        proof=make_table(
            ("case", "provider", "rows", "largest error", "rtol", "verdict"),
            (
                (
                    *(each.case, each.provider.removesuffix("ExecutionProvider"), each.rows),
                    *(f"{each.error:.2g}", f"{each.rtol:g}", _judge(each)),
                )
                for each in proof.comparisons
            ),
        ),
        parity=pd.DataFrame(proof.to_table()),
        figures={
            "parity_max_error": error,
            "parity_rtol": proof.rtol,
            "parity_comparisons": float(len(counted)),
            "onnx_bytes": float(len(adopted.data)),
            **{f"onnx_bytes_{each.way}": float(len(each.data)) for each in adopted.optimized},
            **(adopted.latency.to_figures() if adopted.latency else {}),
        },
        code=_show_code(manifest),
        versions=manifest.versions,
        subject={"task": TASK, "target": ", ".join(each.name for each in manifest.outputs)},
        save=save,
        notes=manifest.notes,
        tables={"latency.json": adopted.latency.to_json()} if adopted.latency else {},
    )


def render_golden(adopted: Adopted) -> str:
    """JSON of a few rows and the model's own answers: arrays as nested lists, text as it is.

    `{"inputs": {name: {"dtype", "values"}}, "outputs": {...}, "rtol", "atol"}`; a number that is
    not finite is null, and the bound is the outer one.
    """
    golden, bound = adopted.golden, adopted.bound
    arrays = [*golden["inputs"].values(), *golden["outputs"].values()]
    rows = len(arrays[0])
    most = max(1, min(rows, MOST * rows // max(sum(array.size for array in arrays), 1)))
    content = {
        side: {name: _plain(array[:most]) for name, array in golden[side].items()}
        for side in ("inputs", "outputs")
    }
    return json.dumps(content | asdict(bound))


def save_tensor_model(path: str, mlflow_model: Any, graph: Path, manifest: TensorManifest) -> None:
    """Write MLflow's own onnx flavor, with the tensors as its signature.

    Args:
        path: folder that is new.
        mlflow_model: as `Model.log` hands it to a flavor.
        graph: whose bytes stay as they are.
    """
    import shutil

    import mlflow.onnx
    import onnx

    mlflow.onnx.save_model(
        onnx.load(graph),
        path,
        mlflow_model=mlflow_model,
        signature=_signature(manifest),
        save_as_external_data=False,
        onnx_execution_providers=["CPUExecutionProvider"],
    )
    shutil.copyfile(graph, Path(path, mlflow_model.flavors["onnx"]["data"]))
    for beside in ("manifest.json", "golden.json"):
        shutil.copy(graph.with_name(beside), path)


def _signature(manifest: TensorManifest) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Schema, TensorSpec

    def specify(tensors: tuple[Tensor, ...]) -> Any:
        return Schema(
            [
                TensorSpec(
                    np.dtype("str" if each.dtype == "object" else each.dtype),
                    tuple(-1 if isinstance(size, str) else size for size in each.shape),
                    each.name,
                )
                for each in tensors
            ]
        )

    return ModelSignature(specify(manifest.inputs), specify(manifest.outputs))


def _judge(comparison: Comparison) -> str:
    if comparison.refused:
        return "not compared: the model itself refuses it"
    text = "agrees" if comparison.passed else "differs"
    if comparison.ties:
        text += f", {format_count(comparison.ties, 'tie')} within the bound"
    return text if comparison.counts else f"{text}, does not count"


def _show_code(manifest: TensorManifest) -> str:
    feeds = ", ".join(f'"{each.name}": {each.name}' for each in manifest.inputs)
    lines = (
        f"# {each.name}: numpy array, {each.dtype}, {' × '.join(map(str, each.shape))}"
        for each in manifest.inputs
    )
    return "\n".join(
        [
            "import onnxruntime",
            "",
            'session = onnxruntime.InferenceSession("onnx/model.onnx")',
            *lines,
            f"answers = session.run(None, {{{feeds}}})",
        ]
    )


def _plain(array: NDArray[Any]) -> dict[str, Any]:
    values: Any = array
    if array.dtype.kind == "f":
        values = np.where(np.isfinite(array), array, np.nan).astype(object)
        values[np.isnan(array.astype(float)) | ~np.isfinite(array)] = None
    return {"dtype": array.dtype.name, "values": values.tolist()}
