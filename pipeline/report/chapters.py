"""Report, chapters: every part of the report that measures or draws, and the tables between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import DataError
from pipeline.report import dependence, distributions, holdout, importance, segments
from pipeline.report.drawing import Drawing, Facts, Tables

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tracking.evidence import Training

CHAPTERS = (
    *(holdout.CHAPTER, segments.CHAPTER, distributions.CHAPTER),
    *(importance.CHAPTER, dependence.CHAPTER),
)
"""In the order of their pictures within a section."""

FOLDER = "tables"


def keep(folder: Path, evidence: Training) -> None:
    """Write what every chapter measures of a finished training into tables/."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for chapter in CHAPTERS:
        for name, table in chapter.measure(evidence).items():
            write_table(place / name, table)


def drawings(facts: Facts, tables: Tables) -> Iterator[Drawing]:
    """What every chapter draws of the tables."""
    for chapter in CHAPTERS:
        yield from chapter.drawings(facts, tables)


def write_table(file: Path, table: pd.DataFrame) -> None:
    """A table as its suffix says.

    *.json is pandas' split orientation, which MLflow's pages show as a table; *.parquet is for
    tables too large for that, text and mixed columns as text.
    """
    if file.suffix == ".json":
        text = table.to_json(orient="split", index=False, double_precision=15)
        file.write_text(text, encoding="utf-8")
        return
    plain = table.apply(_plain).rename(columns=str)
    plain.to_parquet(file, index=False, write_page_checksum=True)


def _plain(values: pd.Series) -> pd.Series:
    if values.dtype != object:
        return values
    return values.where(values.isna(), values.astype(str)).where(values.notna(), None)


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that lie in tables/ of an artifact folder.

    Raises:
        DataError: a table is damaged.
    """
    import pandas as pd

    found = {file.name: _read(file) for file in sorted((folder / FOLDER).glob("*.parquet"))}
    for file in sorted((folder / FOLDER).glob("*.json")):
        content = json.loads(file.read_bytes())
        if {"columns", "data"} <= content.keys():
            found[file.name] = pd.DataFrame(content["data"], columns=content["columns"])
    return found


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(file, page_checksum_verification=True)
    except (OSError, ValueError) as err:  # pyarrow's own errors are among these
        raise DataError(
            f"{file}: cannot be read ({err})", hint="Copy the run's folder again"
        ) from err
