"""Writes the tables of an artifact folder in the format that their suffix names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FOLDER = "tables"


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
