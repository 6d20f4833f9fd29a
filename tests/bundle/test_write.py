"""A bundle is whole and proven, or it is not there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.write import TARGETS, write_bundle
from pipeline.errors import ConfigError, UsageError
from pipeline.manifest.columns import MOST_SHOWN, Known
from tests.bundle import proven


@pytest.mark.parametrize("target", TARGETS)
def test_every_file_is_there_with_its_sum(tmp_path: Path, target: str) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    folder = tmp_path / "a" / "bundle"
    write_bundle(source, target, folder)
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {*sums, "SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (folder / "model.onnx").read_bytes() == (tmp_path / "onnx" / "model.onnx").read_bytes()
    assert json.loads((folder / "manifest.json").read_text())["feed"]["version"] == 1
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_what_is_there_is_never_replaced(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    (tmp_path / "empty").mkdir()
    write_bundle(source, "node", tmp_path / "empty")
    for taken in (tmp_path / "empty", tmp_path / "onnx" / "model.onnx"):
        with pytest.raises(ConfigError, match="expected a new or empty folder"):
            write_bundle(source, "node", taken)


def personal(folder: Path) -> BundleSource:
    """A model with a text column of many values."""
    source = read_source(proven.regression(folder))
    many = Known(tuple(map(str, range(MOST_SHOWN + 1))))
    inputs = tuple(
        replace(each, known=many) if each.kind == "text" else each
        for each in source.manifest.inputs
    )
    return replace(source, manifest=replace(source.manifest, inputs=inputs))


@pytest.mark.parametrize("target", TARGETS)
def test_values_that_may_be_personal_leave_only_when_that_is_said(
    tmp_path: Path, target: str
) -> None:
    source = personal(tmp_path / "onnx")
    with pytest.raises(UsageError, match="'smoker'"):
        write_bundle(source, target, tmp_path / "bundle")
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]
    write_bundle(source, target, tmp_path / "bundle", with_personal_data=True)
    assert (tmp_path / "bundle" / "model.onnx").read_bytes() == source.model
