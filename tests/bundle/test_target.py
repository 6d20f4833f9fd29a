"""What a target says of itself is what its README says, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import TARGETS
from tests.bundle import proven
from tests.commands import ROOT


def test_each_has_its_row_in_the_docs() -> None:
    text = (ROOT / "docs" / "bundles.md").read_text(encoding="utf-8")
    table = text[text.index("| `--for` |") :].split("\n\n", 1)[0].splitlines()[2:]
    assert {row.split("`")[1] for row in table} == {*TARGETS}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_readme_has_the_lines_that_install_and_verify(tmp_path: Path, target: Target) -> None:
    files = target.render(read_source(proven.regression(tmp_path)))
    assert f"```sh\n{target.lines}\n```" in str(files["README.md"])
    assert all(each.program and each.install for each in target.tools)
