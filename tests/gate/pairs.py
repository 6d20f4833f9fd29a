"""A good model beside one that is off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd

from pipeline.gate.contender import Contender
from tests.gate.models import (
    CLASSES,
    by,
    classification,
    numbers,
    regression,
    words,
)


def pair(count: int, off: float) -> tuple[Contender, Contender, pd.DataFrame]:
    """A good model, one that is off, and the holdout of both."""
    if not count:
        table = numbers()
        return regression(table), regression(table, off=off), table.holdout
    table = words(count)
    return classification(table), classification(table, off=off), table.holdout


def metrics(count: int, name: str) -> Any:
    return by(name, CLASSES[:count] if count else None)


def broken(side: Contender, how: str, folder: Path) -> Contender:
    data = side.data
    if how == "no numbers":
        model = onnx.load_from_string(data)
        for tensor in model.graph.initializer:
            if tensor.name == "coefficients":
                tensor.raw_data = np.full(tensor.dims, np.nan).tobytes()
        return replace(side, model=model.SerializeToString())
    file = folder / "model.onnx"
    if how != "no file":
        file.write_bytes({"half": data[: len(data) // 2], "empty": b"", "noise": b"\xff" * 99}[how])
    return replace(side, model=file)
