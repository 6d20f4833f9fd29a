"""The bundle for ARM64, by its own two lines: under emulation where this machine is none."""

from __future__ import annotations

import json
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pipeline.bundle import arm64
from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import TARGETS, write_bundle
from tests.bundle import proven
from tests.bundle.languages import change, shell
from tests.commands import needed


def test_all_that_onnxruntime_needs_is_pinned_with_the_wheel_for_it(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path))
    _, *lines = arm64.render_arm64_files(source)["requirements.txt"].splitlines()
    pins = {}
    for line in lines:
        name, pin, wheel = line.replace("  # ", "==").split("==")
        assert (pin, wheel.split("-")[:2]) == (version(name), [name, pin])
        assert wheel.endswith(("aarch64.whl", "none-any.whl"))
        pins[name] = pin
    wanted = [Requirement(each) for each in requires("onnxruntime") or ()]
    assert {each.name for each in wanted if not each.marker} | {"onnxruntime"} == {*pins}


@pytest.mark.long
def test_the_readme_is_right_word_for_word_and_changes_are_refused(tmp_path: Path) -> None:
    import shutil

    target = TARGETS["arm64"]
    for tool in target.tools:
        needed(shutil.which(tool.program), tool.program)
    folder = tmp_path / "bundle"
    write_bundle(read_source(proven.regression(tmp_path / "onnx")), "arm64", folder)
    found = json.loads(shell(folder, f"{target.lines} --measure").splitlines()[-1])
    assert found["cells"]["wrong"] == []
    assert found["rows"] == {
        **{"count": len(proven.ROWS["smoker"]), "flips": 0},
        **{"error": 0.0, "graph_error": pytest.approx(0, abs=1e-12)},
    }
    for name in ("model.onnx", "golden.json"):
        before = (folder / name).read_bytes()
        change(folder, name, "changed")
        assert name in shell(folder, target.verify, code=3)
        (folder / name).write_bytes(before)
