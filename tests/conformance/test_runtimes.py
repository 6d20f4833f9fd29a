"""Which runtimes are tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundle.write import TARGETS
from pipeline.conformance.runtimes import list_runtimes, pin_onnxruntime
from pipeline.errors import UsageError
from tests.conformance.stand_ins import source


def test_every_target_and_two_that_are_no_bundles(tmp_path: Path) -> None:
    model = source(tmp_path, minimum_onnxruntime="1.18")
    assert list(list_runtimes(model.manifest)) == [*TARGETS, "reference", "minimum"]
    pins = list_runtimes(model.manifest, ["minimum"])["minimum"].render(model)["requirements.txt"]
    assert "onnxruntime==1.18\n" in str(pins)


def test_named_ones_and_releases_besides(tmp_path: Path) -> None:
    manifest = source(tmp_path).manifest
    assert list(list_runtimes(manifest, ["node"], ["1.24.4"])) == ["node", "onnxruntime 1.24.4"]
    with pytest.raises(UsageError, match="'cobol'"):
        list_runtimes(manifest, ["cobol"])


def test_a_pinned_release_changes_nothing_but_the_packages(tmp_path: Path) -> None:
    model = source(tmp_path)
    files, own = (each.render(model) for each in (pin_onnxruntime("x", "1.2"), TARGETS["python"]))
    assert {k for k in own if files[k] != own[k]} == {"requirements.txt"}
