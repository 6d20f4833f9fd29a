"""The example of examples/torch_digits: trained, adopted, and a picture's way through one graph."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from pipeline.adopt.preprocessing.image import add_picture_input
from pipeline.adopt.preprocessing.image_spec import read_image_spec
from tests.adopt.frameworks.networks import TORCH, export_model
from tests.examples.running import EXAMPLES, load_network, run_example

pytestmark = pytest.mark.long
EXAMPLE = EXAMPLES / "torch_digits"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("digits")
    said = run_example(EXAMPLE, where)
    assert float(said.split()[0]) > 0.9
    return where


@pytest.fixture(scope="module")
def graph(folder: Path) -> Any:
    model = load_network(EXAMPLE, folder / "digits.pt")
    proto, session = export_model(model, dict(np.load(folder / "prepared.npz")), folder)
    return model, proto, session


def test_pytorch_onnx_and_onnx_alone_see_the_same_digit_in_every_picture(
    folder: Path, graph: Any
) -> None:
    model, proto, session = graph
    images, pictures = (np.load(folder / f"{name}.npz")["image"] for name in ("prepared", "sample"))
    spec = read_image_spec(tomllib.loads((EXAMPLE / "adopt.toml").read_text())["image"])
    whole = add_picture_input(proto, spec, "image")
    alone = ort.InferenceSession(whole.SerializeToString())
    by_torch = TORCH.predict(model, {"image": images})["scores"]
    by_onnx = session.run(None, {"image": images})[0]
    by_picture = alone.run(None, {alone.get_inputs()[0].name: pictures})[0]
    assert alone.get_inputs()[0].type == "tensor(uint8)"
    np.testing.assert_allclose(by_onnx, by_torch, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(by_onnx.argmax(axis=1), by_torch.argmax(axis=1))
    np.testing.assert_array_equal(by_picture.argmax(axis=1), by_torch.argmax(axis=1))


def test_one_picture_is_enough(folder: Path, graph: Any) -> None:
    model, _, session = graph
    image = np.load(folder / "prepared.npz")["image"][:1]
    expected = TORCH.predict(model, {"image": image})["scores"]
    np.testing.assert_allclose(session.run(None, {"image": image})[0], expected, atol=1e-5)
