"""Small networks, and the way from one to a session; skips what imports it where torch is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from pipeline.adopt.frameworks.pytorch import PyTorch  # noqa: E402

TORCH = PyTorch()


class Vision(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, stride=2)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 2)

    def forward(self, image: Any) -> Any:
        seen = torch.relu(self.norm(self.convolution(image)))
        return self.head(self.drop(seen.mean((2, 3)))), seen


class Forecast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 8, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Linear(8, 1)

    def forward(self, series: Any) -> Any:
        states, (hidden, cells) = self.lstm(series)
        return {"forecast": self.head(states[:, -1]), "a": states, "last": (hidden, cells)}


class Calls(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def export_model(model: Any, arrays: dict[str, np.ndarray], folder: Path, **settings: Any) -> Any:
    """The proto, checked in full, and its session."""
    model.eval()
    sample, config = make_sample(arrays), AdoptConfig(**settings)
    inputs = TORCH.find_inputs(model, sample, config)
    feeds = {tensor.name: sample.arrays[tensor.name] for tensor in inputs}
    outputs = config.outputs or tuple(TORCH.predict(model, feeds))
    proto = TORCH.export(model, inputs, outputs, sample, folder)
    onnx.checker.check_model(proto, full_check=True)
    onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    return proto, ort.InferenceSession(proto.SerializeToString())


def compare_answers(model: Any, session: Any, feeds: dict[str, np.ndarray]) -> None:
    expected = TORCH.predict(model, feeds)
    for want, got in zip(expected.values(), session.run(None, feeds), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)


def read_shapes(values: Any) -> dict[str, list[Any]]:
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in values
    }
