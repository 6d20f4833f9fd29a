"""What a target says of itself is what its README says, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import TARGETS
from tests.bundle import proven


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_readme_has_the_lines_that_install_and_verify(tmp_path: Path, target: Target) -> None:
    files = target.render(read_source(proven.regression(tmp_path)))
    assert f"```sh\n{target.lines}\n```" in str(files["README.md"])
    assert all(each.program and each.install for each in target.tools)
