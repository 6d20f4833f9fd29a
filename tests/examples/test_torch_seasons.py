"""The example of examples/torch_seasons: degrees in, degrees out, any batch and any length."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from pipeline.adopt.preprocessing.sequence import add_series_input
from pipeline.adopt.preprocessing.sequence_spec import read_sequence_spec
from tests.adopt.frameworks.networks import TORCH, export_model
from tests.examples.running import EXAMPLES, load_network, run_example

pytestmark = pytest.mark.long
EXAMPLE = EXAMPLES / "torch_seasons"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("seasons")
    said = run_example(EXAMPLE, where)
    ours, seasonal = (float(word) for word in said.split() if word[0].isdigit())
    assert ours < seasonal
    return where


@pytest.fixture(scope="module")
def settings(folder: Path) -> Any:
    return tomllib.loads((folder / "adopt.toml").read_text())


@pytest.fixture(scope="module")
def graph(folder: Path, settings: Any) -> Any:
    model = load_network(EXAMPLE, folder / "seasons.pt")
    sample = dict(np.load(folder / "prepared.npz"))
    return model, *export_model(model, sample, folder, axes=settings["axes"])


@pytest.mark.parametrize(("batch", "length"), [(1, 1), (2, 36), (7, 60), (120, 12)])
def test_every_batch_and_length_is_forecast_as_by_torch(
    folder: Path, graph: Any, batch: int, length: int
) -> None:
    model, _, session = graph
    series = np.resize(np.load(folder / "prepared.npz")["series"], (batch, length, 1))
    expected = TORCH.predict(model, {"series": series})["forecast"]
    got = session.run(None, {"series": series})[0]
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-5)


def test_the_graph_with_scaling_takes_and_gives_degrees(
    folder: Path, graph: Any, settings: Any
) -> None:
    model, proto, _ = graph
    spec = read_sequence_spec(settings["sequence"])
    session = ort.InferenceSession(add_series_input(proto, spec).SerializeToString())
    degrees = np.load(folder / "sample.npz")["series"]
    scaled = TORCH.predict(model, dict(np.load(folder / "prepared.npz")))["forecast"]
    (mean,), (std,) = settings["sequence"]["mean"], settings["sequence"]["std"]
    expected = scaled.astype(np.float64) * std + mean
    np.testing.assert_allclose(session.run(None, {"series": degrees})[0], expected, rtol=1e-5)
