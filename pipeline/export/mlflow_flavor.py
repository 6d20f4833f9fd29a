"""Saves the graph as an MLflow model: the stock `onnx` flavor, and a loader that scores tables.

MLflow's own loader of ONNX models feeds 1-D arrays and looks up row label 0, so tables with a
shuffled index, a missing value in the first row or integers fail. Ours hands every table to
`Scorer`. Its source travels with the model as a package whose name holds the source's hash. So a
model loads where this project is not installed, never shadows it where it is, and is read by its
own code beside models that other versions have logged.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.export import feed_contract
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Kind

_PACKAGE = Path(__file__).parents[1]
SOURCES = (
    *("__init__", "manifest/__init__", "manifest/columns"),
    *("errors/__init__", "errors/masking"),
    *("system/__init__", "system/typed_json"),
    *(f"tasks/{file.stem}" for file in sorted((_PACKAGE / "tasks").glob("*.py"))),
    *("runtime/__init__", "runtime/batch", "runtime/bulk", "runtime/table_columns"),
    *("runtime/delimited", "runtime/feeds", "runtime/grammar", "runtime/integrity"),
    *("runtime/column_errors", "runtime/masks"),
    *("runtime/scorer", "runtime/session", "runtime/signature", "runtime/unseen"),
    "runtime/values",
    *("serving/__init__", "serving/answers", "serving/limits", "serving/parquet_pages"),
    *("serving/parquet_request", "serving/requests", "serving/table_model"),
)
"""Modules that travel with a model; they import nothing else of this package."""
PROOF = ("golden.json", feed_contract.FILE)
"""Files beside the graph that go wherever it goes: with them any runtime can be checked."""
COLUMN_TYPES: Mapping[Kind, str] = {
    "number": "double",
    "text": "string",
    "boolean": "boolean",
    "date": "datetime",
}
REQUIREMENTS = ("onnx", "onnxruntime", "numpy", "pandas")
_FIRST = """
import os
import sys
from pathlib import Path

# Nothing else of this folder is imported before it is compared with its list of files, and no
# bytecode is read in place of a source that was compared: below this path no file can be.
_before = sys.pycache_prefix
sys.pycache_prefix = os.devnull
try:
    from pipeline.runtime import integrity

    integrity.verify_folder(Path(__file__).parents[2], later=[integrity.MODEL], required=True)
    from pipeline.serving import table_model
finally:
    sys.pycache_prefix = _before
"""
"""What the travelling package begins with."""
_IMPORT = re.compile(r"^(\s*(?:from|import) )pipeline\b", re.MULTILINE)


def save_model(  # noqa: PLR0913, PLR0917  MLflow's, and what it passes on
    path: str,
    mlflow_model: Any,
    graph: Path,
    input_example: pd.DataFrame | None = None,
    validate_serving_input: bool = False,
    seal: Callable[[str], object] | None = None,
) -> None:
    """Write the MLflow model folder; called by `mlflow.models.Model.log(flavor=this module)`.

    Args:
        path: the folder to write.
        mlflow_model: MLflow's description of the model, completed here.
        graph: the exported `model.onnx`; its bytes are kept as they are.
        input_example: a few rows of the raw table.
        validate_serving_input: read by MLflow before it comes here; unused.
        seal: told the sha256 of the list of the folder's files.
    """
    import mlflow.onnx
    import onnx

    manifest = Scorer(graph.read_bytes()).manifest
    with tempfile.TemporaryDirectory() as folder:
        mlflow.onnx.save_model(
            onnx.load(graph),
            path,
            mlflow_model=mlflow_model,
            signature=build_signature(manifest),
            input_example=input_example,
            code_paths=[str(package := _copy_source(Path(folder)))],
            # Left to itself MLflow loads the model to find out what it needs: 3.5 s.
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            save_as_external_data=False,
            onnx_execution_providers=["CPUExecutionProvider"],
            onnx_session_options={"intra_op_num_threads": 1},
            metadata=_summary(manifest),
        )
    pyfunc = mlflow_model.flavors["python_function"]
    shutil.copyfile(graph, Path(path, pyfunc["data"]))  # the hash of the export stays valid
    for file in map(graph.with_name, PROOF):
        if file.exists():
            shutil.copy(file, path)
    pyfunc["loader_module"] = f"{package.name}.serving.table_model"
    mlflow_model.save(str(Path(path, "MLmodel")))
    digest = integrity.write_checksums(Path(path))
    if seal is not None:
        seal(digest)


def build_signature(manifest: Manifest) -> Any:
    """Named columns of their own types, optional where a value may be missing.

    The types tell people and tools what the model takes; `pipeline.serving` keeps MLflow from
    casting by them, and says why.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    label = {"tensor(string)": "string", "tensor(int64)": "long"}
    types = {output.name: label.get(output.type, "double") for output in manifest.outputs}
    outputs = [ColSpec(types["prediction_label"], "prediction_label")]
    if "prediction_score" in types:
        names = [f"prediction_score_{name}" for name in manifest.labels or ()]
        outputs += [ColSpec("double", name) for name in names]
    columns = [
        ColSpec(COLUMN_TYPES[c.kind], c.name, c.kind == "boolean" or c.name in manifest.required)
        for c in manifest.inputs
    ]
    return ModelSignature(inputs=Schema([*columns]), outputs=Schema([*outputs]))


def _summary(manifest: Manifest) -> dict[str, str]:
    keys = ("name", "task", "target", "model_id", "model_name", "data_sha256", "verdict")
    return {key: getattr(manifest, key) for key in keys}


def _copy_source(folder: Path) -> Path:
    """Copy what scoring needs as a package of its own name, and return its folder."""
    sources = {name: (_PACKAGE / f"{name}.py").read_text(encoding="utf-8") for name in SOURCES}
    sources["__init__"] += _FIRST
    digest = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
    package = folder / f"pipeline_scoring_{digest[:12]}"
    package.mkdir()
    for name, source in sources.items():
        target = package / f"{name}.py"
        target.parent.mkdir(exist_ok=True)
        target.write_text(_IMPORT.sub(rf"\1{package.name}", source), encoding="utf-8")
    return package
