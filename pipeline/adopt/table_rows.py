"""A table as a fitted model takes it: its columns, and rows of hostile values in their dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import DataError, UsageError

SHOWN = 5


def select_model_columns(model: Any, frame: pd.DataFrame) -> list[str]:
    """The columns that a model takes, in its order.

    Args:
        model: it knows their names, or how many there are.
        frame: it may have more of them where the model knows their names.

    Raises:
        UsageError: the table lacks some, or has another number of them.
    """
    given = [*map(str, frame.columns)]
    names = list_model_columns(model)
    if names is not None:
        # LightGBM writes an underscore for a space.
        spelled = {name.replace(" ", "_"): name for name in given} | {name: name for name in given}
        if absent := [name for name in names if name not in spelled]:
            raise UsageError(
                f"the sample lacks columns that the model was fitted on: {', '.join(absent)}; "
                f"it has {', '.join(given)}",
                hint="Give rows of the table that the model was fitted on",
            )
        return [spelled[name] for name in names]
    count = count_model_columns(model)
    if count is not None and count != len(given):
        raise UsageError(
            f"the sample has {len(given)} columns, the model was fitted on {count} without names",
            hint="Leave the target out of the sample, or fit the model on a frame",
        )
    return given


def list_model_columns(model: Any) -> list[str] | None:
    """The names of the columns it was fitted on; None where it was fitted on an array."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        names = getattr(model, "feature_names_", None)  # CatBoost's, which numbers those of arrays
        if names == [str(place) for place in range(len(names or ()))]:
            return None
    booster: Any = getattr(model, "_Booster", None)
    if names is None and hasattr(booster, "feature_name"):
        names = booster.feature_name()  # of a bare one of LightGBM, which numbers those of arrays
        if names == [f"Column_{place}" for place in range(len(names))]:
            return None
    return None if names is None else [str(name) for name in names]


def count_model_columns(model: Any) -> int | None:
    """How many columns it takes, as far as it says so."""
    count = getattr(model, "n_features_in_", 0) or len(getattr(model, "feature_names_", None) or ())
    return int(count) or None


def make_plain(frame: pd.DataFrame, *, with_categories: bool = False) -> pd.DataFrame:
    """The table in numpy's own dtypes, with NaN for missing text.

    Args:
        with_categories: leave columns of pandas' category dtype as they are.

    Raises:
        DataError: a column of objects holds more than text, or no column has a name.
    """
    made = {}
    for name in frame:
        is_kept = with_categories and isinstance(frame[name].dtype, pd.CategoricalDtype)
        made[name] = frame[name] if is_kept else _make_plain(frame[name])
    return pd.DataFrame(made).reset_index(drop=True)


def _make_plain(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.is_extension_array_dtype(values.dtype):
        is_text = isinstance(values.dtype, pd.StringDtype)
        is_whole = pd.api.types.is_bool_dtype(values.dtype) and not values.isna().any()
        values = values.astype(object if is_text else bool if is_whole else float)
    if values.dtype != object:
        return values
    present = values[values.notna()]
    if odd := [each for each in present if not isinstance(each, str)][:SHOWN]:
        raise DataError(
            f"column {values.name!r} holds objects that are no text: {', '.join(map(repr, odd))}",
            hint="A column of a graph has one type: make numbers, booleans or text of all its "
            "values, and fit the model on that",
        )
    return values.where(values.notna(), np.nan)


def restore_dtypes(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Hostile rows in the dtypes of the sample, where these are float32 or pandas' categories."""
    kept = {
        name: like[name].dtype
        for name in rows
        if like[name].dtype == np.float32 or isinstance(like[name].dtype, pd.CategoricalDtype)
    }
    made = rows.astype(kept)
    texts = made.select_dtypes(object)
    return made.assign(
        **{str(name): texts[name].where(texts[name].notna(), np.nan) for name in texts}
    )


def reads_categories(estimator: Any) -> bool:
    """Whether it takes columns of pandas' category dtype as they are, as LightGBM does."""
    booster = getattr(estimator, "_Booster", None)
    return bool(getattr(booster, "pandas_categorical", None))


def make_model_input(model: Any, rows: pd.DataFrame, columns: Sequence[str]) -> Any:
    """What the model's own methods are called with: a frame, or an array if it knows no names."""
    chosen = rows[list(columns)]
    return chosen if list_model_columns(model) is not None else chosen.to_numpy()
