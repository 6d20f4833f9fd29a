"""The exported graph as MLflow model: the stock `onnx` flavor, and a loader that scores tables.

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
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import integrity
from pipeline.columns import columns_of, repeated
from pipeline.errors import DataError, PipelineError
from pipeline.feeds import CellError
from pipeline.limits import require_columns, require_rows
from pipeline.scorer import Scorer
from pipeline.scoring.batch import Batch
from pipeline.serving import LINES, bad_request, read_by_model

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.manifest import Kind, Manifest

SOURCES = (
    *("__init__", "masking", "errors", "signature", "integrity", "typed_json", "manifest"),
    *("grammar", "bulk"),
    *(
        "columns",
        "values",
        "feeds",
        "unseen",
        "session",
        "scorer",
        "scoring/__init__",
        "scoring/batch",
    ),
    *("scoring/delimited", "limits", "answers", "pages", "packed", "serving", "flavor"),
)
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
    from pipeline import integrity

    integrity.verify(Path(__file__).parents[2], later=[integrity.MODEL], required=True)
    from pipeline import flavor
finally:
    sys.pycache_prefix = _before
"""
"""What the travelling package begins with."""
_IMPORT = re.compile(r"^(\s*(?:from|import) )pipeline\b", re.MULTILINE)


class TableModel:
    """What `mlflow.pyfunc.load_model` wraps."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Score a table.

        Args:
            data: (N rows) frame of pandas, polars or pyarrow, list of records, or mapping of
                column to N values or to an (N, 1) array; surplus columns are ignored, as MLflow
                does by signature.
            params: ignored; MLflow passes it.

        Returns:
            `prediction_label` and, for classifiers, `prediction_score_<label>` per label, as
            PyCaret's `predict_model(raw_score=True)` names them, with the index of `data`.

        Raises:
            MlflowException: a column is missing or a value does not fit it; HTTP status 400.
        """
        import pandas as pd

        try:
            inputs = self._scorer.manifest.inputs
            columns, index, lines = _table(data, {column.name for column in inputs})
            require_columns(columns)
            require_rows(columns)
            if any(column.name not in columns for column in inputs):
                self._scorer.require(columns)  # which names the nearest of them all
            known = {column.name: _flat(columns[column.name]) for column in inputs}
            outputs = self._predicted(known, lines)
        except PipelineError as err:
            raise bad_request(err) from err
        return pd.DataFrame(self._scorer.named(outputs, raw_score=True), index=index)

    def _predicted(self, columns: Mapping[str, Any], lines: Sequence[int] | None) -> Any:
        if lines is None:
            return self._scorer.predict(columns)
        self._scorer.require(columns)
        batch = Batch(0, {name: list(cells) for name, cells in columns.items()}, lines)
        try:
            return self._scorer.predict(
                {c.name: batch.values(c) for c in self._scorer.manifest.inputs}
            )
        except CellError as err:
            raise err.moved(err.row, lines[err.row - 1]) from err


def _load_pyfunc(path: str) -> TableModel:
    """Open the model for `mlflow.pyfunc.load_model`; MLflow looks this name up.

    Raises:
        DataError: the folder is not as it was logged.
    """
    file = Path(path)
    integrity.verify(file.parent, later=[file.name], required=True)
    scorer = Scorer(path)
    read_by_model(__name__)
    return TableModel(scorer)


def _table(
    data: Any, wanted: Collection[str]
) -> tuple[Mapping[Any, Any], Any, Sequence[int] | None]:
    """Columns, index, and the lines of the CSV text they are from, if they are.

    Of a column that is not wanted there is the name alone: a request may have many.
    """
    import pandas as pd

    if isinstance(data, Mapping):
        is_row = not any(hasattr(v, "__len__") and not isinstance(v, str) for v in data.values())
        return {name: [v] if is_row else v for name, v in data.items()}, None, None
    if not isinstance(data, pd.DataFrame):
        return columns_of(data, wanted), None, None
    frame = _unpacked(data)
    if twice := sorted(name for name in repeated(frame) if name in wanted):
        raise DataError(f"columns there more than once: {twice}", hint="Rename them", columns=twice)
    return columns_of(frame, wanted), frame.index, frame.attrs.get(LINES)


def _unpacked(frame: pd.DataFrame) -> pd.DataFrame:
    """One row whose cells are the columns, which MLflow makes of lists of text, as a table."""
    import pandas as pd

    cells = dict(frame.iloc[0]) if len(frame) == 1 else {}
    lengths = {len(cell) if isinstance(cell, list) else None for cell in cells.values()}
    return pd.DataFrame(cells) if len(lengths) == 1 and None not in lengths else frame


def _flat(values: Any) -> Any:
    """A column of one-item lists, which is how an (N, 1) array arrives, as plain values."""
    is_plain = isinstance(values, list) or str(getattr(values, "dtype", "")) == "object"
    if is_plain and any(isinstance(value, list) for value in values):
        return [
            value[0] if isinstance(value, list) and len(value) == 1 else value for value in values
        ]
    return values


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
        validate_serving_input: read by MLflow before it comes here; of no use here.
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
            signature=signature(manifest),
            input_example=input_example,
            code_paths=[str(package := _travelling_source(Path(folder)))],
            # Left to itself MLflow loads the model to find out what it needs: 3.5 s.
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            save_as_external_data=False,
            onnx_execution_providers=["CPUExecutionProvider"],
            onnx_session_options={"intra_op_num_threads": 1},
            metadata=_summary(manifest),
        )
    pyfunc = mlflow_model.flavors["python_function"]
    shutil.copyfile(graph, Path(path, pyfunc["data"]))  # the hash of the export stays valid
    pyfunc["loader_module"] = f"{package.name}.flavor"
    mlflow_model.save(str(Path(path, "MLmodel")))
    digest = integrity.write(Path(path))
    if seal is not None:
        seal(digest)


def signature(manifest: Manifest) -> Any:
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


def _travelling_source(folder: Path) -> Path:
    """Copy what scoring needs as a package of its own name, and return its folder."""
    here = Path(__file__).parent
    sources = {name: (here / f"{name}.py").read_text(encoding="utf-8") for name in SOURCES}
    sources["__init__"] += _FIRST
    digest = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
    package = folder / f"pipeline_scoring_{digest[:12]}"
    package.mkdir()
    for name, source in sources.items():
        target = package / f"{name}.py"
        target.parent.mkdir(exist_ok=True)
        target.write_text(_IMPORT.sub(rf"\1{package.name}", source), encoding="utf-8")
    return package
