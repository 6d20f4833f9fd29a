"""Tables come back as they were written, and no other table is taken for one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.rendering.tables import FOLDER, write_table
from pipeline.report import holdout, importance
from pipeline.report.chapters import check_holdout, list_chapters, read_tables
from pipeline.tasks import TASKS, Task


def kept(folder: Path, **tables: pd.DataFrame) -> Path:
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(folder / FOLDER / name.replace("__", "."), table)
    return folder


@pytest.mark.parametrize("task", TASKS.values(), ids=str)
def test_a_section_has_one_chapter_and_a_place_on_the_page(task: Task) -> None:
    found = list_chapters(task)
    sections = [chapter.section for chapter in found]
    assert len(set(sections)) == len(sections)
    assert {chapter.under for chapter in found} <= {"", "metrics", "data", *sections}


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.floats(-1e9, 1e9)),
        max_size=9,
    )
)
def test_tables_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    table = pd.DataFrame(rows, columns=["text", "number"]).astype({"text": object})
    folder = kept(tmp_path_factory.mktemp("tables"), a__json=table, b__parquet=table)
    found = read_tables(folder)
    assert list(found) == ["b.parquet", "a.json"]
    for back in found.values():
        assert back["text"].tolist() == table["text"].tolist()
        assert back["number"].tolist() == pytest.approx(table["number"].tolist(), rel=1e-12)


def test_an_object_that_is_no_table_is_passed_over(tmp_path: Path) -> None:
    (kept(tmp_path) / FOLDER / "summary.json").write_text('{"passed": true}')
    assert read_tables(tmp_path) == {}


IMPORTANCE = {
    **{"column": "a", "importance": 0.5, "spread": 0.1, "changed": 0.2, "metric": "R2"},
    **{"rows": 10, "repeats": 5, "seen": True},
}


@pytest.mark.parametrize(
    ("column", "value", "fits"),
    [
        *(("importance", None, True), ("importance", 1, True), ("importance", "x", False)),
        *(("importance", True, False), ("importance", 10**400, False), ("rows", -1, False)),
        *(("rows", 1.0, False), ("rows", 2**53, False), ("seen", 1, False), ("column", 3, False)),
        *(("column", None, False), ("metric", "MAE", True), ("seen", False, True)),
    ],
)
def test_a_value_is_one_that_its_column_can_have(
    tmp_path: Path, column: str, value: Any, fits: bool
) -> None:
    row = {name: IMPORTANCE[name] for name in importance.COLUMNS} | {column: value}
    file = kept(tmp_path) / FOLDER / importance.FILE
    file.write_text(json.dumps({"columns": list(row), "data": [list(row.values())]}))
    if fits:
        found = read_tables(tmp_path)[importance.FILE][column][0]
        assert found == value or pd.isna(found)
    else:
        with pytest.raises(DataError, match=f"{importance.FILE}.*{column}"):
            read_tables(tmp_path)


FACTS = {
    "task": "regression",
    "target": "y",
    "figures": {"columns": [{"name": "n", "kind": "number"}, {"name": "d", "kind": "date"}]},
}
ROWS = pd.DataFrame(
    {"n": [1.0], "d": pd.to_datetime(["2020-01-01"]), "y": [1], "prediction_label": [1.5]}
)


def test_a_holdout_with_all_that_is_drawn_of_it_passes(tmp_path: Path) -> None:
    check_holdout(tmp_path, FACTS, {})
    check_holdout(tmp_path, FACTS, {holdout.FILE: ROWS.assign(more="x")})


@pytest.mark.parametrize("name", ROWS.columns)
def test_a_holdout_that_lacks_one_or_has_it_of_another_kind_is_refused(
    tmp_path: Path, name: str
) -> None:
    for table in (ROWS.drop(columns=name), ROWS.assign(**{name: "text"})):
        with pytest.raises(DataError, match=f"no column '{name}'"):
            check_holdout(tmp_path, FACTS, {holdout.FILE: table})
