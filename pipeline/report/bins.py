"""Splits a column's rows into parts that are large enough to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rendering.wording import format_cell

CATEGORIES = 8
BINS = 5
FEW_ROWS = 10
"""Rarer categories are counted together."""


@dataclass(frozen=True)
class Parts:
    """Which part of a column each row belongs to: `codes` (n,) are places in `names`."""

    codes: NDArray[np.intp]
    names: tuple[str, ...]


def split_into_parts(values: pd.Series) -> Parts:
    """A column's parts: its frequent categories, or about as many rows each of small to large.

    Missing values are a part of their own, the last one.
    """
    ordered = values.dtype.kind in "iufM" and values.nunique() > BINS + 1
    codes, names = _bins(values) if ordered else _categories(values)
    missing = values.isna().to_numpy()
    if missing.any():
        codes = np.where(missing, len(names), codes)
        names = [*names, "missing"]
    found, dense = np.unique(codes, return_inverse=True)
    return Parts(dense, tuple(names[code] for code in found))


def _bins(values: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """By rank, so that neither outliers nor equal values matter."""
    known = values.notna().to_numpy()
    count = max(2, min(BINS, int(known.sum()) // FEW_ROWS))
    share = (values.rank() - 0.5) / known.sum()
    codes = np.floor(share.fillna(0).to_numpy() * count).astype(np.intp)
    names = []
    for code in range(count):
        inside = values[known & (codes == code)]
        names.append(
            "" if inside.empty else f"{_format_part(inside.min())} to {_format_part(inside.max())}"
        )
    return codes, names


def _categories(values: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    counts = values.value_counts()
    kept = counts[counts >= FEW_ROWS].head(CATEGORIES)
    if values.dtype.kind in "iufM":
        kept = kept.sort_index()
    places = {value: place for place, value in enumerate(kept.index)}
    codes = np.array([places.get(value, len(kept)) for value in values], dtype=np.intp)
    return codes, [*map(_format_part, kept.index), "other"]


def _format_part(value: Any) -> str:
    if hasattr(value, "strftime"):
        return str(value)[:10]
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number:
        return str(value)
    return format_cell(float(value) if value % 1 == 0 else float(f"{value:.4g}"))
