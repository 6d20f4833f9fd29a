"""The model of a bundle is opened once every file is what it was."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.bundle import proven
from tests.bundle.python.bundles import bundle, run
from tests.commands import ROOT


@pytest.mark.parametrize(
    "name", ["model.onnx", "manifest.json", "golden.json", "pipeline/runtime/feeds.py"]
)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path / "python", proven.regression(tmp_path / "onnx"))
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    assert f"{name}: got sha256" in run(folder, "verify.py", code=3)


@pytest.fixture
def opened() -> Any:
    """The module as it stands in a bundle, which is no package."""
    file = ROOT / "pipeline" / "bundle" / "python" / "files" / "open_scorer.py"
    spec = importlib.util.spec_from_file_location("open_scorer_of_a_bundle", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_file_is_read_as_it_was_written_or_not_at_all(tmp_path: Path, opened: Any) -> None:
    folder = bundle(tmp_path / "python", proven.regression(tmp_path / "onnx"))
    files = opened.read_checked(folder)
    assert set(opened.NEEDED) <= files.keys()
    assert all((folder / name).read_bytes() == content for name, content in files.items())
    sums = (folder / "SHA256SUMS").read_text(encoding="ascii")
    for name in opened.NEEDED:
        lines = [line for line in sums.splitlines() if not line.endswith(f"  {name}")]
        (folder / "SHA256SUMS").write_text("\n".join(lines), encoding="ascii")
        with pytest.raises(ValueError, match=f"does not name {name}"):
            opened.read_checked(folder)
    (folder / "SHA256SUMS").write_text(sums, encoding="ascii")
    (folder / "model.onnx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"model\.onnx: got sha256"):
        opened.read_checked(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(OSError, match=r"model\.onnx"):
        opened.read_checked(folder)
