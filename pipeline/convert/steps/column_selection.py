"""Converts steps that only rename or select columns: no nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.convert.graph.tensor import DOUBLE, FLOAT
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column, Number
from pipeline.convert.symbolic.precision import IN_DOUBLE
from pipeline.rendering.wording import format_count


def convert_renaming(step: Step) -> dict[str, Column]:
    """Same columns under new names, as the step itself names its columns.

    PyCaret puts those that it did not see at its first fit, and does not rename, between them.
    """
    return dict(zip(map(str, step.made.columns), step.columns.values(), strict=True))


def convert_selector(step: Step) -> dict[str, Column]:
    """The columns that the fitted selector kept."""
    return {name: column for name, column in step.columns.items() if name in step.after}


def convert_sklearn_selector(step: Step) -> dict[str, Column]:
    """Keep the selected columns, as doubles if one of them is: scikit-learn hands on one matrix."""
    computed = [name for name, c in step.columns.items() if not isinstance(c, Number)]
    columns = convert_selector(step)
    # A number as the imputer hands it on may be single: the others decide.
    if np.result_type(FLOAT, *(step.before[name].to_numpy() for name in computed)) != DOUBLE:
        return columns
    return {
        name: replace(column, precision=IN_DOUBLE) if isinstance(column, Number) else column
        for name, column in columns.items()
    }


def _keeps(t: Any) -> str:
    kept = format_count(int(t.get_support().sum()), "column")
    return f"keeps the {kept} that tell most about the target"


_SELECTORS = (
    *("GenericUnivariateSelect", "RFE", "RFECV", "SelectFdr", "SelectFpr", "SelectFromModel"),
    *("SelectFwe", "SelectKBest", "SelectPercentile", "SequentialFeatureSelector"),
)
_NO_NODES = "picking symbolic columns costs no node"

CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.CleanColumnNames": StepEntry(
        convert_renaming,
        "skl2onnx has no converter",
        does="takes characters out of column names that some models refuse",
    ),
    "pycaret.RemoveMulticollinearity": StepEntry(
        convert_selector, "skl2onnx has no converter", does="drops columns that say what others say"
    ),
    "sklearn.VarianceThreshold": StepEntry(
        convert_sklearn_selector, _NO_NODES, does="drops columns that hardly vary"
    ),
    **{
        f"sklearn.{name}": StepEntry(convert_sklearn_selector, _NO_NODES, does=_keeps)
        for name in _SELECTORS
    },
}
