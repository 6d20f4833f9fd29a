"""The exported graph as MLflow model: the stock `onnx` flavor, and a loader that scores tables.

MLflow's own loader of ONNX models feeds 1-D arrays and looks up row label 0, so tables with a
shuffled index, a missing value in the first row or integers fail. Ours hands every table to
`Scorer`. Its source travels with the model as the package `pipeline_scoring`, so that a model
loads where this project is not installed, and never shadows it where it is.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import PipelineError
from pipeline.scorer import Scorer

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.manifest import Input, Manifest

PACKAGE = "pipeline_scoring"
SOURCES = (
    *("__init__", "masking", "errors", "manifest", "grammar", "columns", "feeds", "unseen"),
    *("scorer", "flavor"),
)
REQUIREMENTS = ("onnx", "onnxruntime", "numpy", "pandas")
_IMPORT = re.compile(r"^(\s*(?:from|import) )pipeline\b", re.MULTILINE)


class TableModel:
    """What `mlflow.pyfunc.load_model` wraps."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Score a table.

        Args:
            data: (N rows) data frame, list of records, or mapping of column to N values or to an
                (N, 1) array; surplus columns are ignored, as MLflow does by signature.
            params: ignored; MLflow passes it.

        Returns:
            `prediction_label` and, for classifiers, `prediction_score_<label>` per label, as
            PyCaret's `predict_model(raw_score=True)` names them, with the index of `data`.

        Raises:
            MlflowException: a column is missing or a value does not fit it; HTTP status 400.
        """
        import pandas as pd

        frame = _unpacked(data if isinstance(data, pd.DataFrame) else _as_frame(data))
        inputs = self._scorer.manifest.inputs
        columns = {i.name: _flat(frame[i.name]) for i in inputs if i.name in frame}
        try:
            outputs = self._scorer.predict(columns)
        except PipelineError as err:
            raise _bad_request(err) from err
        return pd.DataFrame(self._scorer.named(outputs, raw_score=True), index=frame.index)


def _load_pyfunc(path: str) -> TableModel:
    """Open the model for `mlflow.pyfunc.load_model`; MLflow looks this name up."""
    return TableModel(Scorer(path))


def _as_frame(data: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(data, Mapping):
        data = {
            name: getattr(values, "tolist", lambda v=values: v)() for name, values in data.items()
        }
        if not any(isinstance(values, list | tuple) for values in data.values()):
            data = [data]  # one row of scalars
    return pd.DataFrame(data)


def _unpacked(frame: pd.DataFrame) -> pd.DataFrame:
    """One row whose cells are the columns, which MLflow makes of lists of text, as a table."""
    import pandas as pd

    cells = dict(frame.iloc[0]) if len(frame) == 1 else {}
    lengths = {len(cell) if isinstance(cell, list) else None for cell in cells.values()}
    return pd.DataFrame(cells) if len(lengths) == 1 and None not in lengths else frame


def _flat(values: pd.Series[Any]) -> Any:
    """A column of one-item lists, which is how an (N, 1) array arrives, as plain values."""
    if values.dtype == object and any(isinstance(value, list) for value in values):
        return [
            value[0] if isinstance(value, list) and len(value) == 1 else value for value in values
        ]
    return values


def _bad_request(err: PipelineError) -> Exception:
    from mlflow.exceptions import MlflowException

    refusal: Exception = MlflowException.invalid_parameter_value(str(err))
    return refusal


def save_model(
    path: str,
    mlflow_model: Any,
    graph: Path,
    input_example: pd.DataFrame | None = None,
    validate_serving_input: bool = False,
) -> None:
    """Write the MLflow model folder; called by `mlflow.models.Model.log(flavor=this module)`.

    Args:
        path: the folder to write.
        mlflow_model: MLflow's description of the model, completed here.
        graph: the exported `model.onnx`; its bytes are kept as they are.
        input_example: a few rows of the raw table.
        validate_serving_input: read by MLflow before it comes here; of no use here.
    """
    import mlflow.onnx
    import onnx

    manifest = Scorer(graph).manifest
    with tempfile.TemporaryDirectory() as folder:
        mlflow.onnx.save_model(
            onnx.load(graph),
            path,
            mlflow_model=mlflow_model,
            signature=signature(manifest),
            input_example=input_example,
            code_paths=[str(_travelling_source(Path(folder)))],
            # Left to itself MLflow loads the model to find out what it needs: 3.5 s.
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            save_as_external_data=False,
            onnx_execution_providers=["CPUExecutionProvider"],
            onnx_session_options={"intra_op_num_threads": 1},
            metadata=_summary(manifest),
        )
    pyfunc = mlflow_model.flavors["python_function"]
    shutil.copyfile(graph, Path(path, pyfunc["data"]))  # the hash of the export stays valid
    pyfunc["loader_module"] = f"{PACKAGE}.flavor"
    mlflow_model.save(str(Path(path, "MLmodel")))


def signature(manifest: Manifest) -> Any:
    """Named columns of any type: the other column types refuse integers, or cut 1.5 down to 1."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    inputs: tuple[Input, ...] = manifest.inputs
    label = {"tensor(string)": "string", "tensor(int64)": "long"}
    types = {output.name: label.get(output.type, "double") for output in manifest.outputs}
    outputs = [ColSpec(types["prediction_label"], "prediction_label")]
    if "prediction_score" in types:
        names = [f"prediction_score_{name}" for name in manifest.labels or ()]
        outputs += [ColSpec("double", name) for name in names]
    anything = AnyType()  # type: ignore[no-untyped-call]
    columns = [ColSpec(anything, column.name) for column in inputs]
    return ModelSignature(inputs=Schema([*columns]), outputs=Schema([*outputs]))


def _summary(manifest: Manifest) -> dict[str, str]:
    keys = ("name", "task", "target", "model_id", "model_name", "data_sha256", "verdict")
    return {key: getattr(manifest, key) for key in keys}


def _travelling_source(folder: Path) -> Path:
    """Copy what scoring needs as a package of its own name, and return its folder."""
    package = folder / PACKAGE
    package.mkdir()
    for name in SOURCES:
        source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
        renamed = _IMPORT.sub(rf"\1{PACKAGE}", source)
        (package / f"{name}.py").write_text(renamed, encoding="utf-8")
    return package
