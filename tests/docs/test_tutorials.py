"""Every block of docs/from-the-tutorials.md is run, as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import LIMIT, ROOT, environment

PAGE = (ROOT / "docs" / "from-the-tutorials.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
EXTRAS = {"PyTorch": "torch", "TensorFlow": "keras"}
"""What a section needs beside the project, by the first word of its title."""


@pytest.mark.long
@pytest.mark.parametrize("section", SECTIONS)
def test_a_tutorial_runs_as_it_stands(section: str, tmp_path: Path) -> None:
    for word, package in EXTRAS.items():
        if section.startswith(word):
            pytest.importorskip(package)
    for name in ("pipeline", "datasets", "examples", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    blocks = re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], flags=re.MULTILINE | re.DOTALL)
    assert blocks
    variables = environment()
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", "\n".join(blocks)],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
