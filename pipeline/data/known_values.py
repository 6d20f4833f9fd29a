"""Summarizes what training saw of a column: for scoring to compare, and for people to read."""

from __future__ import annotations

import pandas as pd

from pipeline.manifest.columns import MOST_CATEGORIES, MOST_SHOWN, Described, Known


def summarize_known(values: pd.Series, *, is_free: bool = False) -> Known:
    """Categories of text, range of numbers and dates, and whether any was missing.

    Args:
        values: (N,) a typed column; see `typed` in column_types.py.
        is_free: whether the text is taken word by word, so that each row is new.
    """
    missing = bool(values.isna().any())
    kind = values.dtype.kind
    if kind == "O":
        distinct = values.dropna().unique()
        is_listed = not is_free and len(distinct) <= MOST_CATEGORIES
        return Known(categories=tuple(sorted(distinct)) if is_listed else None, missing=missing)
    if kind == "b" or values.isna().all():
        return Known(missing=missing)
    least, most = values.min(), values.max()
    if kind == "M":
        return Known(minimum=least.value, maximum=most.value, missing=missing)
    return Known(minimum=least.item(), maximum=most.item(), missing=missing)


def describe_values(values: pd.Series, *, is_free: bool = False) -> Described:
    """A column's entry in the data dictionary.

    Args:
        values, is_free: as `summarize_known` takes them; at least one value.
    """
    missing = float(values.isna().mean())
    kind = values.dtype.kind
    if kind in "Ob":
        is_shown = not is_free and values.nunique() <= MOST_SHOWN
        return Described(missing, _count(values) if is_shown else None)
    if values.isna().all():
        return Described(missing)
    least, most = values.min(), values.max()
    if kind == "M":
        return Described(missing, None, least.isoformat(), most.isoformat())
    return Described(missing, None, least.item(), most.item())


def _count(values: pd.Series) -> dict[str, int]:
    """Rows by text, in order; booleans as JSON has them."""
    counts = values.value_counts()
    if values.dtype.kind == "b":
        counts.index = counts.index.map({True: "true", False: "false"})
    return {str(text): int(count) for text, count in counts.sort_index().items()}
