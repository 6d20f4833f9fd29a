"""What hangs on arithmetic holds at every level of instruction sets that this machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.levels import environment, is_own, levels

ROOT = Path(__file__).resolve().parents[2]
ESTIMATORS = ("bayes", "gaussian_process", "kernels", "linear", "neural")
STEPS = (
    *("group_features", "polynomial", "power_transform", "projection", "quantile_transform"),
    *("scaling", "skl2onnx_checked"),
)
PARTS = (
    "tests/parity",
    *(f"tests/convert/estimators/test_{name}.py" for name in ESTIMATORS),
    "tests/convert/estimators/meta/test_calibration.py",
    *(f"tests/convert/steps/test_{name}.py" for name in STEPS),
    "tests/convert/functions",
    "tests/convert/test_ill_conditioned.py",
)
"""Parity, and conversions that compute; trees, categories and names only compare."""


def test_a_level_takes_nothing_from_numpy_that_it_cannot_do_without() -> None:
    for level in levels():
        done = _python(level, "-W", "error", "-c", "import numpy")
        assert done.returncode == 0, done.stderr


def test_levels_differ_in_what_numpy_may_use() -> None:
    code = "import numpy.core._multiarray_umath as m; print(sum(m.__cpu_features__.values()))"
    found = [int(_python(level, "-c", code).stdout) for level in levels()]
    assert found == sorted(set(found))


@pytest.mark.long
@pytest.mark.parametrize("level", [level for level in levels() if not is_own(level)])
def test_what_hangs_on_arithmetic_holds_at_a_level(level: str) -> None:
    """At its own level every run of the tests works."""
    done = _python(level, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *PARTS)
    assert done.returncode == 0, done.stdout[-5000:]


def _python(level: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment(level)},
        capture_output=True,
        text=True,
        check=False,
    )
