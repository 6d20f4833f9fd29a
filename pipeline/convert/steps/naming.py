"""Steps that only rename or pick columns: no nodes."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.convert.columns import Column
from pipeline.convert.registry import Entry
from pipeline.convert.steps.step import Converter, Step


def renamed(step: Step) -> dict[str, Column]:
    """Same columns, same order, new names; the traced rows say which."""
    return dict(zip(map(str, step.after.columns), step.columns.values(), strict=True))


def picked(step: Step) -> dict[str, Column]:
    """The columns that the fitted selector kept."""
    return {name: column for name, column in step.columns.items() if name in step.after}


_SELECTORS = ("SelectFromModel", "SelectKBest", "SequentialFeatureSelector", "VarianceThreshold")
_NO_NODES = "picking symbolic columns costs no node"

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "pycaret.CleanColumnNames": Entry(renamed, "skl2onnx has no converter"),
    "pycaret.RemoveMulticollinearity": Entry(picked, "skl2onnx has no converter"),
    **{f"sklearn.{name}": Entry(picked, _NO_NODES) for name in _SELECTORS},
}
