"""Scores with the graph of this folder. Files are held against SHA256SUMS before it is loaded."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
NEEDED = ("model.onnx", "manifest.json", "golden.json", "scorer.py")
Arrays = Mapping[str, Any]


class Scorer:
    """One graph, ready to answer.

    Attributes:
        manifest: what `manifest.json` says: inputs and outputs with dtype and shape, labels.
    """

    def __init__(self, folder: Path = HERE) -> None:
        files = open_files(folder)
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        self.manifest = json.loads(files["manifest.json"])
        self._session = onnxruntime.InferenceSession(
            files["model.onnx"], providers=["CPUExecutionProvider"]
        )
        self._names = [each.name for each in self._session.get_outputs()]

    def predict(self, feeds: Arrays) -> dict[str, Any]:
        """The outputs by name, for arrays by the names of the inputs.

        Raises:
            ValueError: an input is missing, unknown, of another dtype or shape.
        """
        self._check(feeds)
        texts = {k: v.astype(object) if v.dtype.kind == "U" else v for k, v in feeds.items()}
        return dict(zip(self._names, self._session.run(None, texts), strict=True))

    def classify(self, feeds: Arrays) -> list[Any]:
        """The label of the largest column, for each row, of the first output that has columns."""
        labels = self.manifest["labels"]
        if not labels:
            raise ValueError("the manifest has no labels: use predict")
        name = next(each["name"] for each in self.manifest["outputs"] if len(each["shape"]) > 1)
        first = self.predict(feeds)[name]
        return [labels[place] for place in first.argmax(axis=-1)]

    def _check(self, feeds: Arrays) -> None:
        inputs = {each["name"]: each for each in self.manifest["inputs"]}
        if set(feeds) != set(inputs):
            raise ValueError(f"got the inputs {sorted(feeds)}, expected {sorted(inputs)}")
        sizes: dict[str, int] = {}
        for name, stated in inputs.items():
            array, shape = feeds[name], stated["shape"]
            if _plain(array.dtype.name) != _plain(stated["dtype"]):
                raise ValueError(f"{name}: got {array.dtype.name}, expected {stated['dtype']}")
            fits = len(shape) == array.ndim and all(
                sizes.setdefault(want, have) == have if isinstance(want, str) else want == have
                for want, have in zip(shape, array.shape, strict=True)
            )
            if not fits:
                raise ValueError(f"{name}: got shape {list(array.shape)}, expected {shape}")


def _plain(dtype: str) -> str:
    return "str" if dtype.startswith("str") or dtype == "object" else dtype


def open_files(folder: Path = HERE) -> dict[str, bytes]:
    """The files that SHA256SUMS names, each as it was written.

    Raises:
        ValueError: a file was changed, or the list does not name what is needed.
        OSError: a file is missing.
    """
    files = {}
    for line in (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines():
        expected, _, name = line.partition("  ")
        content = (folder / name).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise ValueError(
                f"{name}: got sha256 {found[:12]}…, expected {expected[:12]}…; "
                "take the bundle again from where it was made"
            )
        files[name] = content
    if missing := [name for name in NEEDED if name not in files]:
        raise ValueError(f"SHA256SUMS does not name {', '.join(missing)}: take the bundle again")
    return files


def read_array(entry: Mapping[str, Any]) -> Any:
    """An array of golden.json; null is NaN."""
    if _plain(entry["dtype"]) == "str":
        return np.array(entry["values"], dtype=str)
    if entry["dtype"].startswith("float"):
        return np.array(entry["values"], dtype=np.float64).astype(entry["dtype"])
    return np.array(entry["values"], dtype=entry["dtype"])
