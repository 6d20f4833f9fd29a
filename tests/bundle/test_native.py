"""What bundles take of the shim in C, and where libonnxruntime comes from."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.bundle.native import SHIM, read_shim_files
from tests import small_models
from tests.bundle.native.shim import Shim, compile_shim


def test_the_library_is_pinned_to_the_version_that_proved_the_model() -> None:
    texts = read_shim_files(("sha256.c",))
    assert [*texts] == ["sha256.c", "install.sh"]
    assert f'"onnxruntime=={version("onnxruntime")}"' in texts["install.sh"]
    assert {*read_shim_files()} == {*SHIM, "install.sh"}


@pytest.mark.long
def test_the_library_that_is_fetched_scores(tmp_path: Path) -> None:
    shim = compile_shim(tmp_path)
    subprocess.run(["sh", "install.sh"], cwd=tmp_path, check=True, capture_output=True)
    model = Shim(shim, small_models.regression(), str(tmp_path / "libonnxruntime.so"))
    assert model.error == ""
    model.close()
    assert not (tmp_path / "wheel").exists()
