"""Opens a model's file: onnxruntime's session and the manifest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, ModelError
from pipeline.manifest import METADATA_KEY, TENSORS_KEY, Manifest, manifest_error
from pipeline.runtime import integrity


def open_session(model: str | os.PathLike[str] | bytes, threads: int = 1) -> Any:
    """onnxruntime's session for a model, given as its path or its bytes.

    Raises:
        ModelError: onnxruntime cannot load it.
        DataError: no such file, or not the one that the `checksums.json` beside it names.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read while onnxruntime is imported
    import onnxruntime

    if not isinstance(model, bytes):
        path = Path(model)
        if not path.is_file():
            raise DataError(f"got {str(path)!r}, expected an ONNX file", hint="Check the path")
        model = integrity.read_verified(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # every failure is raised as an exception: printing doubles it
    try:
        return onnxruntime.InferenceSession(
            model,
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # to the same provider once more, which it says on stdout
        )
    except Exception as err:  # onnxruntime's exceptions share no other base class
        if isinstance(err, MemoryError):
            raise
        raise ModelError(
            f"onnxruntime {onnxruntime.__version__} cannot load the model: {err}",
            hint="Export the model again, or install the onnxruntime that its manifest asks for",
        ) from err


def read_manifest(session: Any) -> Manifest:
    """What the model in a session says about itself, held against its graph.

    Raises:
        ModelError: it says nothing, is damaged, or its graph takes or gives something else.
    """
    try:
        text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    except UnicodeDecodeError as err:
        raise manifest_error(f"got what is no UTF-8 ({err.reason}), expected text") from err
    if text is None and TENSORS_KEY in session.get_modelmeta().custom_metadata_map:
        raise ModelError(
            "the graph takes tensors, as its model was adopted with arrays, expected one that "
            "takes a table's columns",
            hint="Run it with onnxruntime alone, as its report shows, or with mlflow.pyfunc",
        )
    if text is None:
        raise ModelError(
            f"the ONNX file carries no {METADATA_KEY!r} metadata, expected a model of this project",
            hint="Give the onnx/model.onnx that python -m pipeline.train wrote",
        )
    manifest = Manifest.from_json(text)
    takes = {each.name: each.type for each in manifest.inputs}
    gives = {each.name: each.type for each in manifest.outputs}
    gives |= {each.name: each.type for each in manifest.warnings}
    for verb, stated, nodes in (
        ("takes", takes, session.get_inputs()),
        ("gives", gives, session.get_outputs()),
    ):
        actual = {node.name: node.type for node in nodes}
        if stated != actual:
            raise ModelError(
                f"the graph {verb} {actual}, its manifest says {stated}",
                hint="The file was changed after its export: export it again",
            )
    return manifest
