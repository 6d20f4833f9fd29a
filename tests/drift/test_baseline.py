"""What is kept of the training data: the same after a round trip, small, and of every training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.column_types import column_kind
from pipeline.drift import Baseline
from pipeline.drift.baseline import FILE
from pipeline.errors import DataError
from tests import tables
from tests.drift.weekly import table, week

KILOBYTE = 1000
FEATURES = st.fixed_dictionaries(
    {
        "number": st.lists(st.none() | st.floats(), min_size=5, max_size=5),
        "text": st.lists(st.none() | st.text(max_size=80), min_size=5, max_size=5),
        "flag": st.lists(st.booleans(), min_size=5, max_size=5),
    }
)


def wide(columns: int, rows: int) -> pd.DataFrame:
    """As much as numbers and words can weigh."""
    random = np.random.default_rng(0)
    words = np.array([f"{k:03} " + "東" * 30 for k in range(100)], dtype=object)
    frame = pd.DataFrame(
        {
            f"column {k}": random.normal(0, 1e-300, rows) if k % 2 else random.choice(words, rows)
            for k in range(columns - 1)
        }
    )
    frame["class"] = random.choice(words[:50], rows)
    return frame


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_it_survives_a_round_trip(task: str) -> None:
    baseline = Baseline.of(tables.everything(task))
    assert Baseline.from_json(baseline.to_json()) == baseline


@settings(deadline=None)
@given(FEATURES)
def test_hostile_values_survive_a_round_trip(columns: dict[str, list[object]]) -> None:
    frame = pd.DataFrame({"target": [1, 2, 3, 4, 5], "flag": columns["flag"]})
    frame["number"] = pd.Series(columns["number"], dtype="float64")
    frame["text"] = pd.Series(columns["text"], dtype=object)
    baseline = Baseline.of(table(frame, "target", "regression"))
    text = baseline.to_json().encode()  # half a surrogate pair could not be written
    assert Baseline.from_json(text.decode()) == baseline


def test_it_says_what_the_table_was() -> None:
    dataset = week(1)
    baseline = Baseline.of(dataset)
    assert (baseline.task, baseline.target) == ("classification", "returns")
    assert (baseline.rows, baseline.sha256) == (600, dataset.sha256)
    assert list(baseline.columns) == list(dataset.frame)
    for name, column in baseline.columns.items():
        values = dataset.frame[name]
        assert column.kind == column_kind(values)
        assert column.missing == values.isna().mean()
        assert column.content.rows == len(values)


def test_every_class_is_counted() -> None:
    labels = [k for k in range(100) for _ in range(k + 2)]
    frame = pd.DataFrame({"x": range(len(labels)), "class": labels})
    content = Baseline.of(table(frame, "class", "classification")).columns["class"].content
    assert content.values == {str(k): k + 2 for k in range(100)}


@pytest.mark.parametrize(("columns", "most"), [(20, 100), (1000, 1600)])
def test_it_is_small_whatever_the_columns_hold(columns: int, most: int) -> None:
    baseline = Baseline.of(table(wide(columns, 500), "class", "classification"))
    assert len(baseline.to_json().encode()) < most * KILOBYTE


def test_a_million_rows_weigh_no_more() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(size=10**6), "y": random.integers(0, 9, 10**6)})
    assert len(Baseline.of(table(frame, "y", "regression")).to_json()) < 6 * KILOBYTE


def test_it_is_read_from_an_artifact_folder(tmp_path: Path) -> None:
    assert Baseline.read(tmp_path) is None
    file = tmp_path / FILE
    file.parent.mkdir()
    baseline = Baseline.of(week(1))
    file.write_text(baseline.to_json(), encoding="utf-8")
    assert Baseline.read(tmp_path) == baseline


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"version": 2}', '{"version": 1, "columns": 0}'),
        *("[" * 5_000, '{"version": 1, "columns": [5]}', "9" * 5_000),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(DataError, match=r"expected a baseline of version 1\. Train"):
        Baseline.read(tmp_path)


def test_a_part_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    values = json.loads(Baseline.of(week(1)).to_json())
    del values["columns"][0]["at"]
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(json.dumps(values))
    with pytest.raises(DataError):
        Baseline.read(tmp_path)
