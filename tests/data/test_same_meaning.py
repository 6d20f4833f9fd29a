"""One meaning per cell: the same frame from every format, and the same tensor from scoring."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.manifest.columns import WORDS
from pipeline.runtime.feeds import make_feed
from pipeline.score.batches import read_batches as batches_of
from tests.data.tables import write

ROWS = 24
CSV = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12
)


def _amount(decimal: str, thousands: str, form: str) -> Callable[[float], str]:
    swap = {",": thousands, ".": decimal}
    return lambda value: form.format("".join(swap.get(c, c) for c in f"{value:,.2f}"))


AMOUNTS = st.builds(
    _amount,
    *(st.sampled_from(part) for part in (",.", ["", "'", " ", "\u202f"], ["{}", "{} €", "{} %"])),
)
NUMBERS = st.tuples(
    AMOUNTS, st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 2)), min_size=ROWS, max_size=ROWS)
)
FORMS = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT12:30:00Z", "%Y-%m-%d 00:00:00.5+01:00"]
DATES = st.tuples(
    st.sampled_from(FORMS),
    st.lists(st.dates(date(1700, 1, 1), date(2200, 1, 1)), min_size=ROWS, max_size=ROWS),
)
TEXTS = st.lists(st.sampled_from(["a", "b c", "True", "x-1", "é"]), min_size=ROWS, max_size=ROWS)


def read(file: Path) -> Dataset:
    config = TrainConfig(data=file, target="y", task="regression", fold=2)
    return load_dataset(find_dataset(config), config)


def written(folder: Path, columns: dict[str, Sequence[Any]]) -> dict[str, Path]:
    """The same cells in every format, all of them text."""
    csv = write(folder, columns, "\t")
    names, rows = list(columns), [list(row) for row in zip(*columns.values(), strict=True)]
    book = openpyxl.Workbook()
    for row in (names, *rows):
        book.active.append([None if cell is None else str(cell) for cell in row])
    book.save(folder / "t.xlsx")
    texts = {n: [None if v is None else str(v) for v in vs] for n, vs in columns.items()}
    records = [dict(zip(names, row, strict=True)) for row in zip(*texts.values(), strict=True)]
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    pd.DataFrame(texts, dtype=object).to_parquet(folder / "t.parquet")
    return {"csv": csv, **{kind: folder / f"t.{kind}" for kind in ("xlsx", "jsonl", "parquet")}}


def fed(dataset: Dataset, columns: dict[str, Sequence[Any]]) -> None:
    """Scoring makes of the raw cells what it makes of the frame that training made of them."""
    for column in dataset.inputs:
        raw = ["" if cell is None else str(cell) for cell in columns[column.name]]
        got, expected = make_feed(column, raw), make_feed(column, dataset.frame[column.name])
        np.testing.assert_array_equal(got, expected, err_msg=column.name)


@CSV
@given(numbers=NUMBERS, dates=DATES, texts=TEXTS, gap=st.integers(0, ROWS - 1))
def test_text_cells_are_the_same_in_every_format_and_to_scoring(
    tmp_path: Path, numbers: Any, dates: Any, texts: list[str], gap: int
) -> None:
    (amount, values), (form, days) = numbers, dates
    columns = {
        "amount": [None if i == gap else amount(v) for i, v in enumerate(values)],
        "day": [day.strftime(form) for day in days],
        "text": [None if i == gap else t for i, t in enumerate(texts)],
        "spread": list(range(ROWS)),
        "y": [i + 0.5 for i in range(ROWS)],
    }
    datasets = {kind: read(file) for kind, file in written(tmp_path, columns).items()}
    for kind, dataset in datasets.items():
        pd.testing.assert_frame_equal(dataset.frame, datasets["csv"].frame, obj=kind)
        fed(dataset, columns)
    frame = datasets["csv"].frame
    if "amount" in frame and frame["amount"].dtype == float:
        expected = [np.nan if i == gap else v for i, v in enumerate(values)]
        np.testing.assert_array_equal(frame["amount"], expected)
    if "day" in frame:
        assert (frame["day"].dt.normalize() - pd.Series(pd.to_datetime(days))).abs().max() <= (
            timedelta(days=1)
        )


HOSTILE = st.sampled_from(
    [
        *("", "NA", "None", "nan", "1", "1.0", "01", "007", "-2", "1,5", "1.5", "1e3", " 3 ", "+4"),
        *("true", "TRUE", "False", "yes", "2021-02-30", "2021-02-03", "9999-12-31", "03.04.2021"),
        *("3/4/2021", "1.234,5", "1,234", "5 %", "5 €", "x", "Ü", "2021-02-03T04:05:06Z"),
    ]
)


@settings(parent=CSV, max_examples=25)
@given(cells=st.lists(HOSTILE, min_size=1, max_size=3), rest=st.sampled_from(["", "1", "x", "5 %"]))
def test_whatever_training_makes_of_hostile_cells_scoring_makes_too(
    tmp_path: Path, cells: list[str], rest: str
) -> None:
    columns = {
        "c": [*cells, *[rest] * (ROWS - len(cells))],
        "d": [*cells * ROWS][:ROWS],
        "spread": list(range(ROWS)),
        "y": [i + 0.5 for i in range(ROWS)],
    }
    for file in written(tmp_path, columns).values():
        try:
            dataset = read(file)
        except Exception as err:  # noqa: BLE001
            assert type(err).__name__ == "DataError"
        else:
            fed(dataset, columns)


@pytest.mark.parametrize("word", WORDS)
def test_each_word_that_is_missing_is_so_to_scoring(tmp_path: Path, word: str) -> None:
    columns = {
        "n": [word, *range(ROWS - 1)],
        "t": [word, *["a", "b"] * ROWS][:ROWS],
        "y": [i + 0.5 for i in range(ROWS)],
    }
    for kind, file in written(tmp_path, columns).items():
        dataset = read(file)
        is_text = kind in ("parquet", "jsonl")
        assert dataset.frame["t"].isna()[0] != is_text
        assert np.isnan(dataset.frame["n"][0])
        fed(dataset, columns)


TYPED = {
    "whole": st.integers(-5, 5),
    "part": st.floats(-5, 5),
    "truth": st.booleans(),
    "gappy": st.sampled_from([True, False, None]),
    "day": st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    "mixed": st.sampled_from(["a", "NA", "12", 7, 7.5, True, None]),
    "holes": st.sampled_from([None, 1, 2.5]),
}


@CSV
@given(
    st.fixed_dictionaries({k: st.lists(v, min_size=ROWS, max_size=ROWS) for k, v in TYPED.items()})
)
def test_typed_cells_are_to_scoring_what_they_are_to_training(
    tmp_path: Path, columns: dict[str, list[Any]]
) -> None:
    columns = {**columns, "spread": list(range(ROWS)), "y": [i + 0.5 for i in range(ROWS)]}
    names, rows = list(columns), list(zip(*columns.values(), strict=True))
    book = openpyxl.Workbook()
    for row in (names, *rows):
        book.active.append(list(row))
    book.save(tmp_path / "t.xlsx")
    lines = [json.dumps(dict(zip(names, row, strict=True)), default=str) for row in rows]
    (tmp_path / "t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    typed = {name: values for name, values in columns.items() if name != "mixed"}
    pd.DataFrame(typed).astype({"gappy": "boolean"}).to_parquet(tmp_path / "t.parquet")
    for name in ("t.xlsx", "t.jsonl", "t.parquet"):
        dataset = read(tmp_path / name)
        batches = list(batches_of(tmp_path / name, dataset.features))
        for column in dataset.inputs:
            got = np.concatenate([make_feed(column, batch.values(column)) for batch in batches])
            expected = make_feed(column, dataset.frame[column.name])
            np.testing.assert_array_equal(got, expected, err_msg=f"{name} {column.name}")
