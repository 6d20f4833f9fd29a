"""A scored file is complete or not there, and any reader finds in it what was written."""

from __future__ import annotations

import csv
import errno
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, UsageError
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.batch import Batch
from pipeline.score.sinks import open_sink

INPUTS = (Input("n", "number"), Input("t", "text"), Input("b", "boolean"), Input("d", "date"))
LABEL = {"prediction_label": np.array(["ja", "nein"], dtype=object)}


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
)
def test_every_text_survives_a_csv(rows: list[list[str]]) -> None:
    columns = {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "scored.csv")
        with open_sink(output, ()) as sink:
            sink.write(Batch(0, columns), {"prediction_label": np.arange(len(rows))})
        with output.open(encoding="utf-8", newline="") as file:
            header, *read = csv.reader(file, strict=True)
    assert header == ["a", "b", "prediction_label"]
    assert read == [[*row, str(number)] for number, row in enumerate(rows)]


def escaped(output: Path, columns: dict[str, Any], scores: dict[str, Any]) -> list[list[str]]:
    """Rows of a CSV for spreadsheets, with its header."""
    with open_sink(output, INPUTS, escape_formulas=True) as sink:
        sink.write(Batch(0, columns), scores)
    with output.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


PLAIN = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "=")
FORMULAS = (*PLAIN, "＝1+1", "＋1", "－1", "＠SUM(A1)")
NUMBERS = ("-5", "+3.25", "-1e-7", "-.5", "-1.234,5", "+12%", "7")


def test_what_a_spreadsheet_takes_for_a_formula_becomes_text(tmp_path: Path) -> None:
    scores = {"=score": np.array([f"@{n}" for n in range(len(FORMULAS))], dtype=object)}
    header, *rows = escaped(tmp_path / "s.csv", {"t": list(FORMULAS), "=x": [*FORMULAS]}, scores)
    assert header == ["t", "'=x", "'=score"]
    assert rows == [[f"'{f}", f"'{f}", f"'@{n}"] for n, f in enumerate(FORMULAS)]


def test_numbers_are_left_to_a_spreadsheet_as_they_are(tmp_path: Path) -> None:
    columns = {"n": ["-1 234,5 €", *["- 3 %"] * (len(NUMBERS) - 1)], "other": list(NUMBERS)}
    _, *rows = escaped(tmp_path / "s.csv", columns, {"y": -np.arange(1.0, len(NUMBERS) + 1)})
    assert [row[0] for row in rows] == columns["n"]  # an input of numbers, read as such
    assert [row[1] for row in rows] == columns["other"]
    assert [float(row[2]) for row in rows] == [-n for n in range(1, len(NUMBERS) + 1)]


def test_text_of_parquet_and_of_a_workbook_is_escaped_too(tmp_path: Path) -> None:
    columns = {"a": pa.array(["=1", None]), "b": ["@x", -5], "c": pa.array([-1, -2])}
    _, *rows = escaped(tmp_path / "s.csv", columns, LABEL)
    assert rows == [["'=1", "'@x", "-1", "ja"], ["", "-5", "-2", "nein"]]


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("=+-@＝＋－＠\t\r\n'0159.,eE% xä\"")), min_size=1))
def test_no_text_begins_as_a_formula_does(cells: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = escaped(Path(folder, "s.csv"), {"t": cells}, {"y": np.arange(len(cells))})
    for cell, (told, _) in zip(cells, rows[1:], strict=True):
        assert told in {cell, f"'{cell}"}
        if told.startswith(("=", "+", "-", "@", *"＝＋－＠", "\t", "\r", "\n")):
            assert set(told) <= set("+-0123456789.,eE%")


def test_parquet_has_no_formulas_to_escape(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--escape-formulas .*\.csv"):
        open_sink(tmp_path / "s.parquet", (), escape_formulas=True).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_csv_cells_get_their_types_in_parquet(tmp_path: Path) -> None:
    cells = {
        "n": ["1.5", "NA"],
        "t": ["ü", ""],
        "b": ["true", "0"],
        "d": ["2020-01-01T00:00:00.000000001", ""],
        "other": ["007", "null"],
    }
    output = tmp_path / "scored.parquet"
    with open_sink(output, INPUTS) as sink:
        sink.write(Batch(0, cells), LABEL)
    date = pd.Timestamp("2020-01-01T00:00:00.000000001")
    expected: dict[str, Any] = {
        "n": [1.5, None],
        "t": ["ü", None],
        "b": [True, False],
        "d": [date, pd.NaT],
    }
    read = pd.read_parquet(output)
    assert read.astype(object).where(read.notna(), None).to_dict("list") == {
        **{name: [None if v is pd.NaT else v for v in values] for name, values in expected.items()},
        "other": ["007", None],
        "prediction_label": ["ja", "nein"],
    }


def test_parquet_columns_keep_their_types_in_parquet(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "small": pa.array([1, None], pa.int8()),
        "name": pa.array(["x", "y"]).dictionary_encode(),
        "when": pa.array([1, 2], pa.timestamp("us", "UTC")),
        "list": pa.array([[1], []]),
    }
    output = tmp_path / "scored.parquet"
    with open_sink(output, INPUTS) as sink:
        sink.write(Batch(0, columns), LABEL)
        sink.write(Batch(2, columns), LABEL)
    read = pa.parquet.read_table(output)
    assert read.num_rows == 4
    assert {name: read.schema.field(name).type for name in columns} == {
        name: column.type for name, column in columns.items()
    }


def test_a_scored_parquet_tells_when_it_was_damaged(tmp_path: Path) -> None:
    output = tmp_path / "scored.parquet"
    with open_sink(output, INPUTS) as sink:
        sink.write(Batch(0, {"other": ["needle", "hay"]}), LABEL)
    content = output.read_bytes()
    output.write_bytes(content.replace(b"needle", b"nettle", 1))
    with pytest.raises(OSError, match="checksum"):
        pa.parquet.read_table(output, page_checksum_verification=True)


def test_parquet_columns_are_readable_in_csv(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "n": pa.array([0.1, None]),
        "d": pa.array([1, None], pa.timestamp("ns")),
        "z": pa.array([datetime(2020, 1, 1, tzinfo=UTC), None], pa.timestamp("s", "Asia/Tokyo")),
    }
    output = tmp_path / "scored.csv"
    with open_sink(output, INPUTS) as sink:
        sink.write(Batch(0, columns), LABEL)
    assert output.read_text().splitlines()[1:] == [
        "0.1,1970-01-01 00:00:00.000000001,2020-01-01 00:00:00Z,ja",
        ",,,nein",
    ]


@pytest.mark.parametrize("name", ["scored.csv", "scored.parquet"])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt), open_sink(tmp_path / name, INPUTS) as sink:
        sink.write(Batch(0, {"t": ["x", "y"]}), LABEL)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["scored.csv", "scored.parquet"])
def test_no_link_that_was_planted_for_this_process_is_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    planted = [f".{name}.{os.getpid()}.part", f".{name}.part", f"{name}.tmp", f".{name}.draft"]
    for link in planted:
        (tmp_path / link).symlink_to(victim)
    with open_sink(tmp_path / name, INPUTS) as sink:
        sink.write(Batch(0, {"t": ["x", "y"]}), LABEL)
    assert victim.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"victim", name, *planted}


@pytest.mark.parametrize("name", ["scored.csv", "scored.parquet"])
def test_a_disk_that_is_full_at_the_end_leaves_the_old_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("yesterday's")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with (
        pytest.raises(ConfigError, match=r"cannot write .*No space left"),
        open_sink(tmp_path / name, INPUTS) as sink,
    ):
        sink.write(Batch(0, {"t": ["x", "y"]}), LABEL)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "yesterday's"


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a name ending in \.csv or \.parquet"):
        open_sink(tmp_path / "scored.xlsx", ()).__enter__()


@pytest.mark.parametrize("name", ["none/scored.csv", "none/scored.parquet"])
def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot write .*No such file or directory"):
        open_sink(tmp_path / name, ()).__enter__()


@pytest.mark.parametrize("name", ["scored.csv", "scored.parquet"])
def test_cells_with_types_of_their_own_are_written(tmp_path: Path, name: str) -> None:
    columns: dict[str, Any] = {
        "n": [1, None],
        "t": ["x", None],
        "b": [True, False],
        "d": [datetime(2020, 1, 1), None],
        "other": [7, {"a": [1]}],
    }
    inputs = [Input(c.name, c.kind, Cells()) for c in INPUTS]
    with open_sink(tmp_path / name, inputs) as sink:
        sink.write(Batch(0, columns, (1, 2), is_text=False), LABEL)
    csv_file = name.endswith("csv")
    read = pd.read_csv(tmp_path / name) if csv_file else pd.read_parquet(tmp_path / name)
    assert read["n"].tolist()[0] == 1
    assert read["b"].tolist() == [True, False]
    assert pd.to_datetime(read["d"]).tolist() == [pd.Timestamp("2020-01-01"), pd.NaT]
    assert read["other"].tolist() == ["7", '{"a": [1]}']
    assert read[["n", "t", "d"]].iloc[1].isna().all()
