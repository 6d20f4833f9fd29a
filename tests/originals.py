"""What a row's cells mean to Python, pandas and polars, and what the models' originals answer."""

from __future__ import annotations

import gzip
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd
import polars as pl
import pyarrow.parquet as pq

from pipeline.manifest.columns import WORDS
from pipeline.runtime.scorer import Scorer
from tests import small_models, small_trees

NAMES = [column.name for column in small_models.INPUTS]
Row = tuple[float | None, str, bool, int | None]
"""What the cells of a row mean: mass, smoker, member, and nanoseconds since 1970."""


def linear(rows: Sequence[Row]) -> list[Any]:
    """What `small_models.ruled` says it computes."""
    smoke = {"yes": 1000.0, "": 1.0}
    return [
        (70.0 if mass is None else mass)
        + smoke.get(smoker, 0.0)
        + 10.0 * member
        + (0 if joined is None else math.trunc(joined / small_models.DAY))
        for mass, smoker, member, joined in rows
    ]


def forest(rows: Sequence[Row]) -> list[Any]:
    """What scikit-learn's own forest predicts."""
    if not rows:
        return []
    columns = dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))
    found: list[Any] = small_trees.forest().predict(small_trees.coded(columns)).tolist()
    return found


@dataclass(frozen=True)
class Case:
    """A model, and the original that says what it has to answer."""

    data: bytes
    answers: Callable[[Sequence[Row]], list[Any]]

    @cached_property
    def scorer(self) -> Scorer:
        return Scorer(self.data)


CASES = (
    Case(small_models.ruled(), linear),
    Case(small_trees.classification(), forest),
)


def cells(data: bytes) -> list[list[str]]:
    """The four columns of a CSV file, as pandas reads their cells."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    for separator in (",", ";", "\t", "|"):
        try:
            table = pd.read_csv(
                io.BytesIO(data),
                sep=separator,
                header=None,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
            )
        except pd.errors.ParserError:
            continue
        header, *rows = table.to_numpy().tolist()
        if set(NAMES) <= set(header):
            places = [header.index(name) for name in NAMES]
            return [[row[place] for place in places] for row in rows]
    raise AssertionError("pandas finds no table")


def meaning(row: Sequence[Any]) -> Row:
    """What the cells of a row mean to Python and pandas, as text or as JSON has them."""
    mass, smoker, member, joined = ("" if _is_missing(cell) else cell for cell in row)
    return (
        None if mass == "" else float(mass),
        smoker if isinstance(smoker, str) else "a number",
        _TRUTH[member.strip().lower() if isinstance(member, str) else member],
        _date(joined.strip()) if isinstance(joined, str) else getattr(joined, "value", joined),
    )


_TRUTH = {"true": True, "1": True, "false": False, "0": False, 1: True, 0: False}


def _is_missing(cell: Any) -> bool:
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or (isinstance(cell, str) and cell in WORDS)


def _date(text: str) -> int | None:
    """Nanoseconds; None for what is none of the calendar, or none that they can count."""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(pd.Timestamp(text).value) if 1678 <= stamp.year <= 2261 else None


def values(data: bytes) -> list[Row]:
    """The four columns of a Parquet file, as polars reads their values.

    Where something else in the footer disturbs polars, as pyarrow reads the table as a whole.
    """
    try:
        table = pl.read_parquet(io.BytesIO(data), columns=NAMES)
        if table["joined"].dtype != pl.String:
            table = table.with_columns(pl.col("joined").cast(pl.Datetime("ns")).to_physical())
        rows = table.select(NAMES).rows()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        columns = pq.read_table(io.BytesIO(data), columns=NAMES).select(NAMES).to_pydict()
        rows = list(zip(*columns.values(), strict=True))
    return [meaning(row) for row in rows]
