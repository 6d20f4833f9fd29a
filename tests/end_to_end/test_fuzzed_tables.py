"""Tables that are changed at random are refused, or answered as another reader reads them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data.source import open_source
from pipeline.errors import PipelineError
from pipeline.score.run import score_file
from tests import tracked
from tests.attacks import Counted
from tests.fuzzing import FEW, changed, suite, tried
from tests.originals import CASES, NAMES, Case, Row, cells, meaning, values

ROWS = 30


def answered(case: Case, file: Path) -> list[str] | None:
    """The predictions that `score_file` writes for a file; None where it refuses the file."""
    output = file.with_name("out.csv")
    output.unlink(missing_ok=True)
    try:
        score_file(case.scorer, file, output, ignore_surplus=True)
    except PipelineError as err:
        assert err.exit_code == 3, err
        assert not output.exists()
        return None
    with output.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    place = header.index("prediction_label")
    return [row[place] for row in rows]


def held(case: Case, found: list[str], rows: Sequence[Row]) -> None:
    """Whether the predictions are those of the original for these rows."""
    assert found == [str(answer) for answer in case.answers(rows)]


FRAME = tracked.frame(ROWS).assign(
    customer=[f'n° {k}: "a, b; c"\n\t| d' if k % 3 else None for k in range(ROWS)]
)


def written(separator: str = ",", **options: Any) -> bytes:
    return FRAME.to_csv(index=False, sep=separator, **options).encode()


FILES = (
    written(),
    written(";", lineterminator="\r\n"),
    b"\xef\xbb\xbf" + written("\t", quoting=csv.QUOTE_ALL),
    FRAME.drop(columns="customer").to_csv(index=False, sep="|").encode(),
    gzip.compress(written(), mtime=0),
)


def trained(file: Path) -> list[list[str]] | None:
    """The four columns as training reads their cells; None where it refuses the file."""
    try:
        source = open_source(file)
        if not set(NAMES) <= set(source.columns):
            return None
        table = source.read(NAMES, NAMES)
    except PipelineError as err:
        assert err.exit_code == 3, err
        return None
    cells: list[list[str]] = table[NAMES].to_numpy().tolist()
    return cells


ORIGINAL = cells(FILES[0])


def of_csv(folder: Path, random: Random, case: Case) -> str:
    data = changed(random.choice(FILES), random)
    (file := folder / "rows.csv").write_bytes(data)
    training, found = trained(file), answered(case, file)
    if found is None:
        return "refused"
    read = cells(data)
    assert training in (read, None)
    held(case, found, [meaning(row) for row in read])
    return "same" if read == ORIGINAL else "others"


PARQUET: tuple[dict[str, Any], ...] = (
    {"write_page_checksum": True},
    {"write_page_checksum": True, "compression": "zstd", "row_group_size": 11},
    {"use_dictionary": False, "compression": "none", "data_page_version": "2.0"},
    {"compression": "gzip", "write_statistics": False, "data_page_size": 64},
)


def stored(options: dict[str, Any]) -> bytes:
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    pq.write_table(table, sink := io.BytesIO(), **options)
    return sink.getvalue()


STORED = tuple(map(stored, PARQUET))


MEANT = [meaning(row) for row in ORIGINAL]


def of_parquet(folder: Path, random: Random, case: Case) -> str:
    data = changed(random.choice(STORED), random)
    (file := folder / "rows.parquet").write_bytes(data)
    trained(file)
    found = answered(case, file)
    if found is None:
        return "refused"
    read = values(data)
    held(case, found, read)
    return "same" if read == MEANT else "others"


def each_case(test: Any) -> Any:
    return pytest.mark.parametrize("case", CASES, ids=["linear", "trees"])(test)


@each_case
def test_changed_csv_files_are_refused_or_answered_as_pandas_reads_them(
    case: Case, tmp_path: Path
) -> None:
    assert tried(lambda random: of_csv(tmp_path, random, case), FEW)


@each_case
def test_changed_parquet_files_are_refused_or_answered_as_polars_reads_them(
    case: Case, tmp_path: Path
) -> None:
    assert tried(lambda random: of_parquet(tmp_path, random, case), FEW)


@pytest.mark.attack(
    "CSV files, plain and packed, changed at random; a linear model and trees",
    "{refused:,} refused with 3; {same:,} answered as before, {others:,} as pandas reads what was "
    "changed; 0 crashed, 0 answered otherwise",
)
@pytest.mark.long
@each_case
def test_thousands_of_csv_files(case: Case, tmp_path: Path, counted: Counted) -> None:
    suite(lambda random: of_csv(tmp_path, random, case), counted, "refused", "same", "others")


@pytest.mark.attack(
    "Parquet files, with and without checksums, changed at random; a linear model and trees",
    "{refused:,} refused with 3; {same:,} answered as before, {others:,} as polars reads what was "
    "changed; 0 crashed, 0 answered otherwise",
)
@pytest.mark.long
@each_case
def test_thousands_of_parquet_files(case: Case, tmp_path: Path, counted: Counted) -> None:
    suite(lambda random: of_parquet(tmp_path, random, case), counted, "refused", "same", "others")
