"""What a tensor of a graph is for given raw columns, as onnxruntime computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import Tensor


def answer(tensor: Tensor, **columns: Any) -> NDArray[Any]:
    """(N, W); columns by the names of the graph's inputs, those that no node reads included."""
    model = tensor.graph.model({"y": (tensor, ["N", None])})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    wanted = {each.name for each in session.get_inputs()}
    feeds = {name: np.asarray(values)[:, None] for name, values in columns.items()}
    (found,) = session.run(None, {name: cells for name, cells in feeds.items() if name in wanted})
    result: NDArray[Any] = found
    return result
