"""function.zip: the same files make the same bytes, and none that AWS would refuse is left."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.bundle.aws_lambda.functions import FILES, load_module

pack = load_module(FILES / "pack.py")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of one file, and packages to go with it."""
    monkeypatch.setattr(pack, "HERE", tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"model")
    (tmp_path / "SHA256SUMS").write_text("0  model.onnx\n", encoding="ascii")
    (tmp_path / "left_out.txt").write_text("*/tests/*\n*.pyi\n", encoding="ascii")
    (tmp_path / "unlisted").write_bytes(b"stays here")
    for name in ("a/b.so", "a/b.py", "a/b.pyi", "a/tests/c.py"):
        (tmp_path / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "package" / name).write_bytes(name.encode())
    return tmp_path


def packed(folder: Path, name: str, prefix: str = "") -> Any:
    assert pack.main(str(folder / "package"), prefix, name) == 0
    return zipfile.ZipFile(folder / name)


def test_it_holds_what_is_listed_and_needed(folder: Path) -> None:
    archive = packed(folder, "function.zip", "lib/")
    assert archive.namelist() == ["SHA256SUMS", "lib/a/b.py", "lib/a/b.so", "model.onnx"]
    assert archive.read("lib/a/b.so") == b"a/b.so"
    rights = {each.filename: each.external_attr >> 16 & 0o777 for each in archive.infolist()}
    assert rights == {name: 0o755 if ".so" in name else 0o644 for name in rights}


def test_the_same_files_make_the_same_bytes(folder: Path) -> None:
    packed(folder, "one.zip")
    shutil.copytree(folder / "package", folder / "again")
    shutil.rmtree(folder / "package")
    (folder / "again").rename(folder / "package")  # other times, perhaps another order
    packed(folder, "two.zip")
    assert (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()


def test_what_aws_takes_not_is_no_zip(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(pack.LIMITS, "unpacked", 10)
    assert pack.main(str(folder / "package"), "", "function.zip") == 1
    assert "AWS takes no such function" in capsys.readouterr().err
    assert not [*folder.glob("function.zip*")]
