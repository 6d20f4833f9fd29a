"""A model's file, opened: what is no model is refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from pipeline.errors import DataError, ModelError
from pipeline.export.model import with_metadata
from pipeline.runtime.session import open_session, read_manifest
from tests import small_models


def test_a_model_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(small_models.regression())
    manifest = read_manifest(open_session(tmp_path / "m.onnx"))
    assert manifest == read_manifest(open_session(small_models.regression()))
    assert manifest.inputs == small_models.INPUTS


@pytest.mark.parametrize("content", [b"", b"x", b"\x08\x09", small_models.regression()[:-50]])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        read_manifest(open_session(content))


@pytest.mark.parametrize("place", ["nothing.onnx", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(DataError, match="expected an ONNX file"):
        open_session(tmp_path / place)


def test_a_model_of_somebody_else_is_refused() -> None:
    model = onnx.load_from_string(small_models.regression())
    del model.metadata_props[:]
    with pytest.raises(ModelError, match="carries no"):
        read_manifest(open_session(model.SerializeToString()))


@pytest.mark.parametrize("part", ["inputs", "outputs"])
def test_a_manifest_that_describes_another_graph_is_refused(part: str) -> None:
    data = small_models.classification()
    manifest = read_manifest(open_session(data))
    other = {"inputs": small_models.INPUTS, "outputs": manifest.outputs[:1]}[part]
    changed = with_metadata(onnx.load_from_string(data), replace(manifest, **{part: other}))
    with pytest.raises(ModelError, match="its manifest says"):
        read_manifest(open_session(changed))
