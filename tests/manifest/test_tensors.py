from __future__ import annotations

import json

import pytest

from pipeline.errors import ModelError
from pipeline.manifest.tensors import Tensor, TensorManifest

MANIFEST = TensorManifest(
    name="digits",
    framework="pytorch",
    framework_version="2.13.0",
    inputs=(Tensor("picture", "float32", ("batch", 1, 8, 8)),),
    outputs=(Tensor("scores", "float32", ("batch", 10)),),
    labels=tuple(range(10)),
    domains={"": 20},
    tolerance={"rtol": 1e-6, "atol": 1e-7},
)


def test_it_comes_back_as_it_was() -> None:
    assert TensorManifest.from_json(MANIFEST.to_json()) == MANIFEST


@pytest.mark.parametrize(
    "change", [{"inputs": []}, {"outputs": "scores"}, {"name": 3}, {"verdict": "maybe"}]
)
def test_a_damaged_one_is_refused(change: dict[str, object]) -> None:
    text = json.dumps(json.loads(MANIFEST.to_json()) | change)
    with pytest.raises(ModelError, match="damaged"):
        TensorManifest.from_json(text)
