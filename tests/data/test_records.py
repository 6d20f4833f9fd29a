"""Rows in memory: columns in the file's order, rows by the numbers of the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.data.records import Records

TABLE = Records(Path("t.xlsx"), ("b", "a", "c"), ((1, None), ("x", True), (2.5, 3)), (4, 9), "row")


def test_columns_come_in_the_files_order_with_their_cells_untouched() -> None:
    whole = pd.DataFrame({"b": [1, None], "a": ["x", True], "c": [2.5, 3]}, dtype=object)
    pd.testing.assert_frame_equal(TABLE.read(["c", "a", "b"]), whole)
    pd.testing.assert_frame_equal(TABLE.read(["c", "b"]), whole[["b", "c"]])
    assert TABLE.read(["b", "a"])["a"].tolist() == ["x", True]


def test_rows_are_counted_as_the_file_counts_them() -> None:
    assert TABLE.rows == 2
    assert TABLE.place([1]) == "row 9"
    assert TABLE.place([0, 1]) == "rows 4 and 9"
