"""Values that would spoil a run: each refused with the place and the remedy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import DataError
from tests.data.tables import ROWS, each, plain, read_file, refusal, write


@pytest.mark.parametrize("rows", [1, 5, 19])
def test_too_few_rows_are_refused(tmp_path: Path, rows: int) -> None:
    text = str(refusal(tmp_path, plain(rows), task="regression", fold=2))
    assert f"got {rows} rows, expected at least 20" in text


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    spoiled = plain(k=each(lambda i: "inf" if i else i), y=[None] * ROWS)
    error = refusal(tmp_path, spoiled, task="regression")
    assert [name for name, _ in error.details["faults"]] == ["k", "y", "y"]
    assert "3 faults" in str(error)


def test_of_very_many_faults_the_first_are_shown(tmp_path: Path) -> None:
    infinite = {f"k{i}": each(lambda i: "inf" if i else i) for i in range(40)}
    error = refusal(tmp_path, plain(**infinite), task="regression")
    assert len(error.details["faults"]) == 40
    assert "and 35 more" in str(error)
    assert len(str(error)) < 1000


def test_checking_values_changes_no_time_zones_of_pyarrow() -> None:
    code = (
        "import os; before = set(os.environ); import pipeline.data.schema; "
        "assert set(os.environ) == before, set(os.environ) - before"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_table_whose_columns_tell_nothing_is_refused_before_set_up(tmp_path: Path) -> None:
    file = write(tmp_path, {"a": ["u"] * ROWS, "b": [None] * ROWS, "y": list(range(ROWS))})
    with pytest.raises(DataError, match="no column to predict 'y' from"):
        read_file(file)
