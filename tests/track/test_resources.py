"""What is short is said before a training."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.track import resources


def test_what_looks_short_is_said_before_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"x": np.zeros(100_000), "t": ["word"] * 100_000})
    usage = shutil.disk_usage(tmp_path)
    free = {"disk": 10**12, "memory": 10**12}
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=free["disk"]))
    (tmp_path / "memory.max").write_text("2000000000000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 100\n")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 4000000000 kB\n")
    monkeypatch.setattr(resources, "_GROUP", tmp_path)
    monkeypatch.setattr(resources, "_MEMINFO", tmp_path / "meminfo")

    def said() -> list[str]:
        used = 2 * 10**12 - free["memory"] + 100
        (tmp_path / "memory.current").write_text(f"{used}\n")
        assert resources.available_memory() == free["memory"]
        return list(resources.find_shortages(tmp_path / "new" / "out", frame, 2))

    assert said() == []
    free["memory"] = 10**8
    (line,) = said()
    assert "0.1 GB of memory" in line
    free.update(disk=10**6, memory=10**12)
    assert all("1 MB are free on the disk" in line for line in said())
    assert said()
    (tmp_path / "memory.max").write_text("max\n")
    assert resources.available_memory() == 4_096_000_000_000


@pytest.mark.parametrize(("limit", "left"), [(2**63 - 4096, 4_096_000), (3_000_000, 2_500_000)])
def test_a_container_of_the_first_kind_has_its_limit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, left: int
) -> None:
    group = tmp_path / "memory"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (group / "memory.usage_in_bytes").write_text("700000\n")
    (group / "memory.stat").write_text("inactive_file 9\ntotal_inactive_file 200000\n")
    (tmp_path / "meminfo").write_text("MemAvailable: 4000 kB\n")
    monkeypatch.setattr(resources, "_GROUP", tmp_path)
    monkeypatch.setattr(resources, "_MEMINFO", tmp_path / "meminfo")
    assert resources.available_memory() == left
