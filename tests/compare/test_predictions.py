"""What is said of two models' predictions, against PyCaret's own for the same rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.compare.prediction_change import SAME
from pipeline.errors import DataError
from pipeline.report.bins import FEW_ROWS, split_into_parts
from pipeline.track.training_result import Converted, Unconverted
from tests.compare.conftest import INSURANCE, REMOVED, Pair, written
from tests.report.conftest import HOSTILE_COLUMNS, HOSTILE_LABELS, HOSTILE_TARGET


def asked(evidence: Converted, rows: pd.DataFrame) -> pd.DataFrame:
    """What PyCaret's pipeline predicts."""
    trained = evidence.trained
    scores = {} if trained.labels is None else {"raw_score": True}
    data = rows[list(evidence.dataset.features)]
    return trained.experiment.predict_model(
        trained.pipeline, data=data, round=17, verbose=False, **scores
    )


def test_numbers_move_as_pycaret_s_predictions_do(numbers: Pair) -> None:
    rows = numbers.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows)["prediction_label"] for e in (numbers.a, numbers.b))
    change, actual = newer - older, rows["charges"].astype(float)
    found = numbers.compared()["predictions"].values
    moved = change.abs() > SAME * np.maximum(older.abs(), newer.abs())
    assert (found["rows"], found["changed"]) == (len(rows), moved.sum())
    assert found["mean_change"] == pytest.approx(change.mean(), rel=1e-9)
    assert found["mean_absolute_change"] == pytest.approx(change.abs().mean(), rel=1e-9)
    assert found["largest_change"] == pytest.approx(change[change.abs().idxmax()], rel=1e-9)
    assert found["largest_row"] == change.abs().idxmax() + 1
    for name, value in found["quantiles"].items():
        assert value == pytest.approx(change.quantile(float(name[:-1]) / 100), rel=1e-9)
    errors = [(labels - actual).abs() for labels in (older, newer)]
    assert found["actual"]["a"] == pytest.approx(errors[0].mean(), rel=1e-9)
    assert found["actual"]["b"] == pytest.approx(errors[1].mean(), rel=1e-9)
    assert found["actual"]["nearer_a"] == (errors[0] < errors[1]).sum()


def test_the_segments_that_moved_most_are_averages_of_their_rows(numbers: Pair) -> None:
    rows = numbers.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows)["prediction_label"] for e in (numbers.a, numbers.b))
    change = (newer - older).abs()
    means = {}
    for name in numbers.b.dataset.features:
        parts = split_into_parts(rows[name])
        for code, segment in enumerate(parts.names):
            inside = change[parts.codes == code]
            if len(inside) >= FEW_ROWS:
                means[name, segment] = (len(inside), inside.mean())
    overall, *found = numbers.compared()["predictions"].values["segments"]
    assert overall["mean_change"] == pytest.approx(change.mean(), rel=1e-9)
    most = sorted(means.items(), key=lambda entry: -entry[1][1])[: len(found)]
    assert [(row["column"], row["segment"]) for row in found] == [place for place, _ in most]
    assert [row["rows"] for row in found] == [size for _, (size, _) in most]
    assert [row["mean_change"] for row in found] == pytest.approx([m for _, (_, m) in most])


def test_classes_flip_as_pycaret_s_labels_do(classes: Pair) -> None:
    rows = classes.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows) for e in (classes.a, classes.b))
    labels = [table["prediction_label"].astype(str) for table in (older, newer)]
    found = classes.compared()["predictions"].values
    flipped = labels[0] != labels[1]
    assert (found["changed"], found["share_changed"]) == (flipped.sum(), flipped.mean())
    assert flipped.any()
    table = pd.crosstab(labels[0][flipped], labels[1][flipped]).stack()
    expected = {pair: rows for pair, rows in table.items() if rows}
    assert {(f["from"], f["to"]): f["rows"] for f in found["flips"]} == expected
    names = [f"prediction_score_{label}" for label in HOSTILE_LABELS]
    gaps = (newer[names] - older[names]).abs().to_numpy()
    assert found["mean_absolute_change"] == pytest.approx(gaps.mean(), abs=1e-9)
    assert found["largest_change"] == pytest.approx(gaps.max(), abs=1e-9)
    actual = rows[HOSTILE_TARGET].astype(str)
    assert found["actual"]["a"] == pytest.approx((labels[0] != actual).mean())
    assert found["actual"]["b"] == pytest.approx((labels[1] != actual).mean())


def test_nothing_moves_between_a_run_and_itself(numbers: Pair, classes: Pair) -> None:
    for run in (numbers.b, classes.b):
        found = Pair(run, run).compared()
        assert found["predictions"].said[0].startswith("Nothing moved")
        assert found["predictions"].values["changed"] == 0
        assert found["predictions"].drawings == ()
        assert found["data"].said[-1] == "The holdouts are the same rows: no column has shifted."
        assert found["settings"].values == {"settings": [], "versions": []}
        assert not any(m["mean"]["difference"] for m in found["metrics"].values["metrics"])


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


def test_hostile_names_of_segments_stay_what_they_are(classes: Pair) -> None:
    found = classes.compared()["predictions"].values["segments"]
    assert {row["column"] for row in found} <= {"", *HOSTILE_COLUMNS}
    assert len(found) > 1
