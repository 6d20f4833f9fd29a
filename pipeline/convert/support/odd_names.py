"""Finds names of columns and categories that LightGBM or XGBoost refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CLEANED = frozenset('",:[]{}')
"""Characters that PyCaret takes out of the names of columns."""
LIGHTGBM, XGBOOST = CLEANED | frozenset("\n\r"), frozenset("[]<")
"""Characters that each refuses in the name of a column."""
ONE_HOT = 25
"""PyCaret's max_encoding_ohe: columns with more categories get numbers."""
SHOWN = 3


def find_odd_names(frame: pd.DataFrame, setup: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns, and categories that become columns, which LightGBM or XGBoost refuses; a few.

    Args:
        frame: (N, F) raw features.
        setup: arguments of PyCaret's `setup`.
    """
    if setup.get("preprocess") is False:
        return ()
    most = setup.get("max_encoding_ohe", ONE_HOT)
    kept = (LIGHTGBM | XGBOOST) - CLEANED
    found = [f"the column {name!r}" for name in frame if kept & set(str(name))]
    coded = {*(setup.get("text_features") or ()), *(setup.get("ordinal_features") or ())}
    for name in frame.select_dtypes(object).columns.difference([*coded], sort=False):
        values = frame[name].dropna().unique()
        if 2 < len(values) <= (len(values) if most < 0 else most):
            odd = [v for v in values if (LIGHTGBM | XGBOOST) & set(str(v))]
            found += [f"{v!r} in {name!r}" for v in odd]
    return (*found[:SHOWN], *([f"{len(found) - SHOWN} more"] if len(found) > SHOWN else []))
