"""Converts categorical encoders and rare-category grouping, by tabulating them.

The fitted transformer itself is evaluated once for every value it can tell apart, so its rules
for unseen and missing values are its own, and so are its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import FLOAT
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Category, Column
from pipeline.errors import ConversionError


def tabulate_categories(step: Step) -> dict[str, Column]:
    """A row-wise transformer of categories, as tables: each column varies while the others rest.

    Columns that it leaves as they are stay what they were, numbers included. A value that it
    refuses (`handle_unknown="error"`) becomes NaN, as a graph cannot raise.

    Raises:
        ConversionError: a column that it changes is not finite, an output depends on two columns,
            or it refuses values that it was fitted on.
    """
    categories = _categories(step)
    probe, blocks = _probe(step, categories)
    result, refused = _transform_probe(step, probe, blocks)
    columns: dict[str, Column] = {}
    for name in map(str, result.columns):
        if name in step.columns and not changes_column(step.transformer, name):
            columns[name] = step.columns[name]
            continue
        values = _in_dtype_of(step.after, name, result[name])
        owner = _owner(step, name, values, blocks)
        values[refused] = np.nan
        columns[name] = Category(categories[owner].source, tuple(values[blocks[owner]]))
    return columns


def changes_column(transformer: Any, name: str) -> bool:
    """Whether a fitted transformer does anything to a column that it is given.

    Encoders of category_encoders take text only unless told otherwise, and there may be nothing
    rare to group.
    """
    encoded = getattr(transformer, "cols", None)
    if encoded is not None:
        return name in encoded
    rare = getattr(transformer, "to_other_", None)
    return rare is None or bool(rare.get(name))


def _categories(step: Step) -> dict[str, Category]:
    categories = {}
    for name, column in step.columns.items():
        if not changes_column(step.transformer, name):
            continue
        if not isinstance(column, Category):
            raise ConversionError(
                f"step {step.name!r}: expected finitely many values in column {name!r}, "
                f"got a {type(column).__name__.lower()}",
                hint="declare it categorical, or leave it out of this step; "
                "an iterative imputer makes numbers of it: or set imputation_type to simple",
            )
        categories[name] = column
    return categories


def _probe(step: Step, categories: Mapping[str, Category]) -> tuple[pd.DataFrame, dict[str, slice]]:
    """Rows that run through each column's outcomes in turn, and which rows are whose."""
    total = max(1, sum(len(c.outcomes) for c in categories.values()))
    rows: dict[str, Any] = {}
    blocks: dict[str, slice] = {}
    start = 0
    for name in step.columns:
        if name not in categories:
            rows[name] = step.before[name].iloc[[0] * total].reset_index(drop=True)
            continue
        outcomes = categories[name].outcomes
        values = [outcomes[0]] * total
        blocks[name] = slice(start, start + len(outcomes))
        values[blocks[name]] = outcomes
        start = blocks[name].stop
        rows[name] = _like(step.before[name].dtype, values)
    return pd.DataFrame(rows), blocks


def _like(dtype: Any, values: list[Any]) -> pd.Series:
    """The values in the dtype that the step met, as far as missing ones allow."""
    series = pd.Series([np.nan if v is None else v for v in values], dtype=object)
    if isinstance(dtype, pd.CategoricalDtype):
        return series.astype("category")
    return series if pd.api.types.is_object_dtype(dtype) else series.astype(float)


def _transform_probe(
    step: Step, probe: pd.DataFrame, blocks: Mapping[str, slice]
) -> tuple[pd.DataFrame, list[int]]:
    """What the step makes of the probe, and the rows of unseen or missing values it refuses.

    In those rows stands what it makes of each column's first value.
    """
    result = _transform_tamed(step, probe, [])
    if not isinstance(result, Exception):
        return result, []
    refused = [
        row for block in blocks.values() for row in _find_refused(step, probe, block, blocks)
    ]
    result = _transform_tamed(step, probe, refused)
    if isinstance(result, Exception):
        raise ConversionError(
            f"step {step.name!r} refuses values that it was fitted on: {result}"
        ) from result
    return result, refused


def _find_refused(
    step: Step, probe: pd.DataFrame, block: slice, blocks: Mapping[str, slice]
) -> list[int]:
    """Which of a column's unseen and missing values the step refuses, the other columns' aside."""
    others = [row for other in blocks.values() if other != block for row in _special(other)]
    unseen, missing = _special(block)
    for rows in ([], [unseen], [missing]):
        if not isinstance(_transform_tamed(step, probe, [*others, *rows]), Exception):
            return rows
    return [unseen, missing]


def _special(block: slice) -> tuple[int, int]:
    """The rows of a column's block in which its value is unseen and missing."""
    return block.stop - 2, block.stop - 1


def _transform_tamed(step: Step, probe: pd.DataFrame, rows: list[int]) -> pd.DataFrame | Exception:
    """What the step makes of the probe with the first values in some rows, or why it refuses it."""
    tame = probe.copy()
    tame.iloc[rows] = probe.iloc[[0] * len(rows)].to_numpy()
    try:
        found: pd.DataFrame = step.wrapper.transform(tame)
    except (TypeError, ValueError) as err:  # what encoders raise: third party
        return err
    return found


def _in_dtype_of(after: pd.DataFrame, name: str, values: pd.Series) -> NDArray[Any]:
    """(rows,) object; numbers rounded to float32 where the step answers in that."""
    found = np.asarray(values, dtype=object)
    if name in after and after[name].dtype == FLOAT:
        # Text may stand between them: what is rare among numbers becomes "rare".
        found[:] = [v if isinstance(v, str) else float(np.float32(v)) for v in found]
    return found


def _owner(step: Step, name: str, values: NDArray[Any], blocks: Mapping[str, slice]) -> str:
    """The one column that an output column follows; any column will do for a constant."""
    owners = [column for column, block in blocks.items() if _varies(values[block])]
    if len(owners) > 1:
        raise ConversionError(
            f"step {step.name!r}: expected column {name!r} to follow one column, got {owners}"
        )
    return owners[0] if owners else next(iter(blocks))


def _varies(values: NDArray[Any]) -> bool:
    return len(pd.unique(pd.Series(values, dtype=object))) > 1


_TARGET_MEANS = "replaces each category by what the target is like in its rows"
_DIGITS = "numbers the categories and writes the numbers in digits, a column each"
_CONTRASTS = "turns categories into contrasts with each other"
_NUMBERS = "numbers the categories"
_YES_OR_NO = "makes a yes-or-no column of each category"

_CATEGORY_ENCODERS: Mapping[str, str] = {
    "CountEncoder": "replaces each category by how often it occurs",
    "OneHotEncoder": _YES_OR_NO,
    "OrdinalEncoder": _NUMBERS,
    "RankHotEncoder": "makes a column per category that says whether it is reached",
    **dict.fromkeys(("BaseNEncoder", "BinaryEncoder", "GrayEncoder"), _DIGITS),
    **dict.fromkeys(
        ("BackwardDifferenceEncoder", "HelmertEncoder", "PolynomialEncoder", "SumEncoder"),
        _CONTRASTS,
    ),
    **dict.fromkeys(
        (
            *("CatBoostEncoder", "GLMMEncoder", "JamesSteinEncoder", "LeaveOneOutEncoder"),
            *("MEstimateEncoder", "NestedCVWrapper", "PolynomialWrapper", "QuantileEncoder"),
            *("SummaryEncoder", "TargetEncoder", "WOEEncoder"),
        ),
        _TARGET_MEANS,
    ),
}
"""All but HashingEncoder: the hash of a text that nobody knows beforehand has no operator."""

_SKLEARN = {
    "OneHotEncoder": _YES_OR_NO,
    "OrdinalEncoder": _NUMBERS,
    "TargetEncoder": _TARGET_MEANS,
}

CONVERTERS: Mapping[str, StepEntry] = {
    **{
        f"category_encoders.{name}": StepEntry(
            tabulate_categories, "skl2onnx has no converter", does=does
        )
        for name, does in _CATEGORY_ENCODERS.items()
    },
    **{
        f"sklearn.{name}": StepEntry(
            tabulate_categories, "skl2onnx refuses missing text", does=does
        )
        for name, does in _SKLEARN.items()
    },
    "pycaret.RareCategoryGrouping": StepEntry(
        tabulate_categories,
        "skl2onnx has no converter",
        does="joins categories rarer than {t.rare_to_value} as {t.value!r}",
    ),
}
