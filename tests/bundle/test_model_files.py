"""What a bundle is made of: a model as it was logged, with its proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundle.model_files import read_source
from pipeline.errors import DataError, GateError
from tests.bundle import proven


def test_a_model_that_was_not_proven_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GateError, match="'fail'"):
        read_source(proven.regression(tmp_path, verdict="fail"))


def test_a_model_without_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no feed contract"):
        read_source(proven.regression(tmp_path, feed={}))


@pytest.mark.parametrize("name", ["golden.json", "feed_cases.json", "model.onnx"])
@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_not_as_it_was_logged_is_refused(
    tmp_path: Path, name: str, change: str
) -> None:
    model = proven.regression(tmp_path)
    if change == "gone":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b" ")
    with pytest.raises(DataError, match=name):
        read_source(model)
