"""Folders that cannot be written and disks that fill up are said in time."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from pipeline.doctor import check_disk
from tests.doctor.findings import only

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "status"), [(10**12, "ok"), (10**9, "note"), (10**7, "problem")])
@pytest.mark.usefixtures("project")
def test_a_disk_that_fills_up_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr(check_disk.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert {finding.status for finding in check_disk.check([])} == {status}


def test_a_folder_that_cannot_be_written_is_a_problem(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = check_disk.tempfile.TemporaryFile

    def refusing(*, dir: Path) -> Any:
        if dir == project / "mlruns":
            raise PermissionError(13, "Permission denied")
        return original(dir=dir)

    monkeypatch.setattr(check_disk.tempfile, "TemporaryFile", refusing)
    finding = only(check_disk.check([]))
    assert (finding.status, finding.subject) == ("problem", str(project / "mlruns"))
