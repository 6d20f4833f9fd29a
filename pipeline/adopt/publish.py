"""Writes what an adoption has found, logs it to MLflow and registers the version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import TrackingError
from pipeline.errors.causes import explain_failure
from pipeline.manifest import Output
from pipeline.manifest.tensors import Tensor, TensorManifest
from pipeline.registry.model_names import model_name
from pipeline.registry.register import Candidate, Claim, Version, add_version, describe_aliases
from pipeline.rendering.html import make_data_uri, render_template, write_page
from pipeline.rendering.tables import write_table
from pipeline.rendering.wording import escape_markdown, format_count, format_size
from pipeline.report.graph_diagram import count_nodes
from pipeline.report.graph_svg import draw_graph
from pipeline.report.result_tables import TextTable
from pipeline.runtime import integrity
from pipeline.track import store
from pipeline.track.description import VERSION_LIMIT, fit_description
from pipeline.track.mlflow_run import Run

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from pipeline.adopt.run import Adopted

TEMPLATES = Path(__file__).with_name("templates")
REPORT, CARD = Path("reports", "report.html"), Path("reports", "model_card.md")
GRAPH, DRAWN = Path("onnx", integrity.MODEL), Path("onnx", integrity.DRAWN)
MOST = 100_000
"""Numbers of golden.json; of large inputs it has fewer rows."""
TASK = "tensors"
"""What stands as `task` at a registered model that takes tensors, not columns."""


@dataclass(frozen=True)
class _Drawn:
    """An input as the picture of the graph has it."""

    name: str
    kind: str


def write_adoption(folder: Path, adopted: Adopted) -> None:
    """Write graph, manifest, golden rows, proof, report and model card into a folder.

    Raises:
        OSError: it cannot be written to.
    """
    for part in ("onnx", "reports", "tables"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / GRAPH).write_bytes(adopted.data)
    (folder / "onnx" / "manifest.json").write_text(adopted.manifest.to_json(), encoding="utf-8")
    (folder / "onnx" / "golden.json").write_text(render_golden(adopted), encoding="utf-8")
    integrity.write_checksums(folder / "onnx")
    import pandas as pd

    write_table(folder / "tables" / "parity.json", pd.DataFrame(adopted.proof.to_table()))
    picture = _draw(adopted)
    write_page(folder / DRAWN, picture.encode())
    values = _describe(adopted, picture)
    write_page(folder / REPORT, render_template("adopted.html", values, TEMPLATES).encode())
    write_page(folder / CARD, render_template("adopted.md", values, TEMPLATES).encode())


def render_golden(adopted: Adopted) -> str:
    """JSON of a few rows and the model's own answers: arrays as nested lists, text as it is.

    `{"inputs": {name: {"dtype", "values"}}, "outputs": {...}, "rtol", "atol"}`; a number that is
    not finite is null.
    """
    golden, bound = adopted.golden, adopted.manifest.tolerance
    arrays = [*golden["inputs"].values(), *golden["outputs"].values()]
    rows = len(arrays[0])
    most = max(1, min(rows, MOST * rows // max(sum(array.size for array in arrays), 1)))
    content = {
        side: {name: _plain(array[:most]) for name, array in golden[side].items()}
        for side in ("inputs", "outputs")
    }
    return json.dumps(content | dict(bound))


def log_adoption(run: Run, adopted: Adopted, folder: Path) -> Run:
    """Log folder, figures and model to an open run; returns it with its `model_uri`.

    Raises:
        TrackingError: the store does not answer; the folder is kept.
    """
    try:
        if run.run_id is None:
            raise TrackingError(run.offline)
        return replace(run, model_uri=_log(store.connect(), run, adopted, folder))
    except Exception as err:  # MLflow, requests and SQLAlchemy share no base class
        raise TrackingError(
            f"got no MLflow run ({explain_failure(err)}), expected a tracking store that answers; "
            f"the artifacts are kept at {folder}",
            hint="Run the command again when it does",
        ) from err


def register_adoption(run: Run, adopted: Adopted, folder: Path, claim: Claim | None) -> Version:
    """Register a proven graph: the first as champion, the others as challenger unless claimed.

    Raises:
        ParityError: the graph is not proven.
        ConfigError: the model of that name is another one.
        TrackingError, LockedError: the registry does not answer, or is busy.
    """
    adopted.proof.refuse()
    if run.run_id is None or run.model_uri is None:
        raise TrackingError("got a run without a logged model, expected one that was logged")
    manifest = adopted.manifest
    name = model_name(manifest.name)
    tags = {"verdict": "pass", "framework": manifest.framework, "run_id": run.run_id}
    subject = {"task": TASK, "target": ", ".join(each.name for each in manifest.outputs)}
    purpose = (
        f"{escape_markdown(manifest.name)}: one ONNX file each, proven to answer as the model of "
        f"{manifest.framework} does. {describe_aliases(name)}"
    )
    card = (folder / CARD).read_text(encoding="utf-8")
    note = fit_description(card, _links(run), VERSION_LIMIT)
    return add_version(
        Candidate(name, run.model_uri, run.run_id, note, tags, subject, purpose, claim)
    )


def _log(client: MlflowClient, run: Run, adopted: Adopted, folder: Path) -> str:
    import mlflow.onnx
    from mlflow.models import Model

    assert run.run_id is not None
    manifest, proof = adopted.manifest, adopted.proof
    counted = [each for each in proof.comparisons if each.counts and not each.refused]
    facts = {"framework": manifest.framework, "framework_version": manifest.framework_version}
    for key, value in facts.items():
        client.log_param(run.run_id, key, value)
    figures = {
        "parity_max_error": max((each.error for each in counted), default=0.0),
        "parity_rtol": proof.rtol,
        "parity_comparisons": float(len(counted)),
        "onnx_bytes": float(len(adopted.data)),
    }
    for key, number in figures.items():
        client.log_metric(run.run_id, key, number)
    digest = hashlib.sha256(adopted.data).hexdigest()
    tags = {"verdict": manifest.verdict, integrity.ONNX_SHA256: digest}
    for key, value in tags.items():
        client.set_tag(run.run_id, key, value)
    client.log_artifacts(run.run_id, str(folder))
    logged = client.create_logged_model(
        run.experiment_id, name=manifest.framework, source_run_id=run.run_id, tags=tags
    )
    import onnx

    Model.log(
        None,
        mlflow.onnx,
        run_id=run.run_id,
        model_id=logged.model_id,
        onnx_model=onnx.load_from_string(adopted.data),
        signature=_signature(manifest),
        save_as_external_data=False,
        onnx_execution_providers=["CPUExecutionProvider"],
    )
    finished = replace(run, model_uri=f"models:/{logged.model_id}")
    card = (folder / CARD).read_text(encoding="utf-8")
    note = fit_description(card, _links(finished), VERSION_LIMIT)
    client.set_tag(run.run_id, "mlflow.note.content", note)
    client.set_logged_model_tags(logged.model_id, {"mlflow.note.content": note})
    assert finished.model_uri is not None
    return finished.model_uri


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


def _links(run: Run) -> str:
    places = {"report": REPORT, "model card": CARD, "proof": Path("tables", "parity.json")}
    base = ("experiments", run.experiment_id, "runs", str(run.run_id), "artifacts")
    return " · ".join(
        f"[{name}]({store.ui_page(*base, *place.parts)})" for name, place in places.items()
    )


def _draw(adopted: Adopted) -> str:
    import onnx

    manifest = adopted.manifest
    return draw_graph(
        onnx.load_from_string(adopted.data),
        [_Drawn(each.name, each.dtype) for each in manifest.inputs],
        [Output(each.name, each.dtype, each.shape) for each in manifest.outputs],
    )


def _describe(adopted: Adopted, picture: str) -> Mapping[str, Any]:
    import onnx

    manifest, proof = adopted.manifest, adopted.proof
    nodes = count_nodes(onnx.load_from_string(adopted.data).graph)
    opsets = ", ".join(f"{name or 'ai.onnx'} {n}" for name, n in sorted(manifest.domains.items()))
    counted = [each for each in proof.comparisons if each.counts and not each.refused]
    error = max((each.error for each in counted), default=0.0)
    return {
        "manifest": manifest,
        "headline": "Parity passed" if proof.passed else "Parity failed: do not use it",
        "said": proof.text[:1].upper() + proof.text[1:],
        "tiles": [
            ("largest error", f"{error:.2g}", f"of {format_count(len(counted), 'comparison')}"),
            ("holds at rtol", f"{proof.rtol:g}", f"and atol {proof.atol:g}"),
            ("file", format_size(len(adopted.data)), format_count(nodes, "operator")),
            ("opset", str(manifest.domains.get("", "")), opsets),
        ],
        "tensors": _table(
            ("", "name", "dtype", "shape"),
            (
                (side, each.name, each.dtype, " × ".join(map(str, each.shape)))
                for side, tensors in (("input", manifest.inputs), ("output", manifest.outputs))
                for each in tensors
            ),
        ),
        "proof": _table(
            ("case", "provider", "rows", "largest error", "rtol", "verdict"),
            (
                (
                    *(each.case, each.provider.removesuffix("ExecutionProvider"), str(each.rows)),
                    *(f"{each.error:.2g}", f"{each.rtol:g}", _judge(each)),
                )
                for each in proof.comparisons
            ),
        ),
        "outer": f"rtol {adopted.bound.rtol:g} and atol {adopted.bound.atol:g}",
        "graph": f"{format_count(nodes, 'operator')}, {opsets}",
        "graph_uri": make_data_uri(picture.encode(), "image/svg+xml"),
        "code": _show_code(manifest),
        "versions": _table(("package", "version"), manifest.versions.items()),
    }


def _judge(comparison: Any) -> str:
    if comparison.refused:
        return "not compared: the model itself refuses it"
    text = "agrees" if comparison.passed else "differs"
    if comparison.ties:
        text += f", {format_count(comparison.ties, 'tie')} within the bound"
    return text if comparison.counts else f"{text}, does not count"


def _table(head: tuple[str, ...], rows: Any) -> TextTable:
    filled = tuple(tuple(row) for row in rows)
    return TextTable(head, filled, ("",) * len(filled))


def _show_code(manifest: TensorManifest) -> str:
    feeds = ", ".join(f'"{each.name}": {each.name}' for each in manifest.inputs)
    lines: Iterator[str] = (
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
