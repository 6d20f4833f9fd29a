"""Summarizes what training saw of a column, so that scoring can count unseen values."""

from __future__ import annotations

import pandas as pd

from pipeline.manifest import MOST_CATEGORIES, Known


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
