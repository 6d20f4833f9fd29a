"""Rows of a file or of the holdout through both graphs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.compare.predictions import compare_predictions
from pipeline.errors import DataError
from pipeline.track.training_result import Unconverted
from tests.compare.asked import asked
from tests.compare.conftest import INSURANCE, REMOVED, Pair, written
from tests.report.conftest import HOSTILE_TARGET


def test_a_column_that_the_rows_lack_is_named_and_the_rest_compared(numbers: Pair) -> None:
    found = numbers.swapped.compared()
    assert f"A needs {REMOVED!r}" in found["predictions"].said[0]
    assert found["metrics"].values["metrics"]
    assert f"Only in A: {REMOVED!r}." in found["data"].said


def test_a_file_gives_rows_to_both_whatever_else_it_holds(numbers: Pair, tmp_path: Path) -> None:
    table = pd.read_csv(INSURANCE).head(50).assign(surplus="x")
    table.loc[0, ["bmi", "charges"]] = np.nan
    table.to_csv(tmp_path / "rows.csv", index=False)
    found = numbers.swapped.compared(tmp_path / "rows.csv")["predictions"].values
    older, newer = (asked(e, table)["prediction_label"] for e in (numbers.b, numbers.a))
    assert found["rows"] == len(table)
    assert found["mean_change"] == pytest.approx((newer - older).mean(), rel=1e-9)
    assert found["actual"]["rows"] == len(table) - 1


def test_classes_are_read_from_a_file_as_training_read_them(classes: Pair) -> None:
    found = classes.compared(classes.a.dataset.path)["predictions"].values
    rows = classes.a.dataset.frame
    labels = [asked(e, rows)["prediction_label"].astype(str) for e in (classes.a, classes.b)]
    assert found["changed"] == (labels[0] != labels[1]).sum()
    assert found["actual"]["a"] == pytest.approx((labels[0] != rows[HOSTILE_TARGET]).mean())


def test_a_file_without_the_target_says_nothing_of_who_is_nearer(
    numbers: Pair, tmp_path: Path
) -> None:
    table = pd.read_csv(INSURANCE).drop(columns="charges").head(20)
    table.to_parquet(tmp_path / "rows.parquet")
    found = numbers.compared(tmp_path / "rows.parquet")["predictions"]
    assert found.values["rows"] == 20
    assert found.values["actual"] is None


def test_a_file_whose_values_do_not_fit_is_refused(numbers: Pair, tmp_path: Path) -> None:
    table = pd.read_csv(INSURANCE).head(20).astype({"age": object})
    table.loc[3, "age"] = "old"
    table.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match=r"'age'.*'old'"):
        numbers.compared(tmp_path / "rows.csv")


def test_without_a_graph_the_rest_is_compared(numbers: Pair, tmp_path: Path) -> None:
    a = numbers.a
    none = Unconverted(a.dataset, a.config, a.trained, tmp_path, "switched off", "leave it on")
    found = Pair(written(none, tmp_path / "none"), numbers.b).compared()  # type: ignore[arg-type]
    assert found["predictions"].said == ("A has no ONNX file, so predictions are not compared.",)
    assert "A kept no importance" in found["importance"].said[0]
    assert found["metrics"].values["metrics"]


def test_a_column_of_another_kind_stops_the_predictions_only(numbers: Pair) -> None:
    a, b = numbers.runs
    rows = b.tables["holdout.parquet"].assign(smoker=True)
    found = compare_predictions(a, replace(b, tables={**b.tables, "holdout.parquet": rows}))
    assert "A cannot score the rows" in found.said[0]
    assert "'smoker'" in found.said[0]
