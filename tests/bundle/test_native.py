"""What bundles take of the shim in C, and where libonnxruntime comes from."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.native import SHIM, read_shim_files
from pipeline.bundle.row_warnings import add_warnings
from pipeline.runtime.scorer import Scorer
from tests import small_models
from tests.bundle import proven
from tests.bundle.native.shim import Shim, compile_shim


def test_the_library_is_pinned_to_the_version_that_proved_the_model() -> None:
    texts = read_shim_files(("sha256.c",))
    assert [*texts] == ["sha256.c", "install.sh"]
    assert f'"onnxruntime=={version("onnxruntime")}"' in texts["install.sh"]
    assert {*read_shim_files()} == {*SHIM, "install.sh"}


def test_a_graph_that_warns_hands_out_its_masks(tmp_path: Path) -> None:
    source = add_warnings(read_source(proven.regression(tmp_path / "onnx")))
    scorer, model = Scorer(source.model), Shim(compile_shim(tmp_path / "shim"), source.model)
    assert model.error == ""
    feeds = scorer.feeds(proven.ROWS)
    for name, tensor in feeds.items():
        assert model.set(name, tensor[:, 0]) == 0
    found = model.run()
    for name, mask in scorer.run_masks(feeds).items():
        assert found[name].tolist() == mask.tolist()
    model.close()


@pytest.mark.long
def test_the_library_that_is_fetched_scores(tmp_path: Path) -> None:
    shim = compile_shim(tmp_path)
    subprocess.run(["sh", "install.sh"], cwd=tmp_path, check=True, capture_output=True)
    model = Shim(shim, small_models.regression(), str(tmp_path / "libonnxruntime.so"))
    assert model.error == ""
    model.close()
    assert not (tmp_path / "wheel").exists()
