"""Converts transformers made of transformers: pipelines, unions, column transformers.

Every member is converted as a step of its own, so it needs no converter but its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pipeline.convert.graph.tensor import DOUBLE, STRING
from pipeline.convert.registry import find_converter
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Cell, Column, Number
from pipeline.convert.symbolic.frame import Frame
from pipeline.errors import ConversionError

_UNCHANGED = ("passthrough", None)


@dataclass(frozen=True)
class InnerTransformer:
    """A fitted transformer inside another one, called as its owner calls it."""

    transformer: Any

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows as it answers them, under the names that it gives its columns."""
        named = hasattr(self.transformer, "feature_names_in_") or hasattr(self.transformer, "cols")
        answer = self.transformer.transform(frame if named else frame.to_numpy())
        if isinstance(answer, pd.DataFrame):
            return answer
        values = answer.toarray() if hasattr(answer, "toarray") else answer
        return pd.DataFrame(values, columns=self._names(frame, values.shape[1]))

    def _names(self, frame: pd.DataFrame, count: int) -> list[str]:
        if hasattr(self.transformer, "get_feature_names_out"):
            return list(map(str, self.transformer.get_feature_names_out(list(frame.columns))))
        same = count == frame.shape[1]
        return list(map(str, frame.columns)) if same else [str(i) for i in range(count)]


def convert_inner_pipeline(step: Step) -> dict[str, Column]:
    """Pipeline: each member reads what the one before it made."""
    columns, rows = dict(step.columns), step.before[list(step.columns)]
    for name, transformer in step.transformer.steps:
        if transformer not in _UNCHANGED:
            columns, rows = _member(step, name, transformer, columns, rows)
    return _rename_columns(step, list(columns.values()))


def convert_feature_union(step: Step) -> dict[str, Column]:
    """FeatureUnion: each member reads all columns; their answers stand side by side."""
    members = [(n, t, list(step.columns)) for n, t in step.transformer.transformer_list]
    weights = step.transformer.transformer_weights
    if weights:
        raise ConversionError(
            f"step {step.name!r}: expected a union without weights, got {weights}",
            hint="leave transformer_weights out",
        )
    return _rename_columns(step, list(_side_by_side(step, members)))


def convert_column_transformer(step: Step) -> dict[str, Column]:
    """ColumnTransformer: each member reads its own columns; answers stand side by side."""
    names = list(step.columns)
    indices = step.transformer._transformer_to_input_indices
    members = [
        (name, transformer, [names[i] for i in indices[name]])
        for name, transformer, _ in step.transformer.transformers_
    ]
    return _rename_columns(step, list(_side_by_side(step, members)))


def _side_by_side(step: Step, members: Sequence[tuple[str, Any, list[str]]]) -> Iterator[Column]:
    for name, transformer, names in members:
        if (isinstance(transformer, str) and transformer == "drop") or not names:
            continue
        columns = {n: step.columns[n] for n in names}
        if _passes(transformer):
            yield from columns.values()
            continue
        made, _ = _member(step, name, transformer, columns, step.before[names])
        yield from made.values()


def _passes(transformer: Any) -> bool:
    """Whether it leaves its columns as they are; a FunctionTransformer without one does."""
    if isinstance(transformer, str) or transformer is None:
        return transformer in _UNCHANGED
    return type(transformer).__name__ == "FunctionTransformer" and transformer.func is None


def _member(
    step: Step, name: str, transformer: Any, columns: Mapping[str, Column], rows: pd.DataFrame
) -> tuple[dict[str, Column], pd.DataFrame]:
    """One member as a step of its own: its columns in its order, and the rows it makes."""
    from pipeline.convert.steps.dispatch import STEPS  # which lists this module's converters

    member = InnerTransformer(transformer)
    after = member.transform(rows.copy())
    inner = replace(
        step,
        name=f"{step.name} {name}",
        wrapper=member,
        transformer=transformer,
        columns=columns,
        before=rows,
        after=after,
    )
    made = find_converter(STEPS, transformer, f"step {inner.name!r}:").convert(inner)
    return {str(n): made[str(n)] for n in after.columns}, after


def _rename_columns(step: Step, columns: Sequence[Column]) -> dict[str, Column]:
    """The columns under the names that the owner gives them."""
    names = list(map(str, step.made.columns))
    if len(names) != len(columns):
        raise ConversionError(
            f"step {step.name!r}: expected {len(names)} columns, got {len(columns)}"
        )
    return {n: _settle(step, n, c) for n, c in zip(names, columns, strict=True)}


def _settle(step: Step, name: str, column: Column) -> Column:
    """A raw number whose neighbours widened it is computed: what follows works in float64."""
    if isinstance(column, Number) and step.made[name].dtype in (DOUBLE, STRING):
        return Cell(Frame(step.graph, {name: column}).features().double, 0, 1)
    return column


def _runs(t: Any) -> str:
    members = getattr(t, "steps", None) or getattr(t, "transformer_list", None) or t.transformers
    return f"runs {', '.join(type(member[1]).__name__ for member in members)}"


_NO_NODES = "its members are converted one by one"

CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.ColumnTransformer": StepEntry(convert_column_transformer, _NO_NODES, does=_runs),
    "sklearn.FeatureUnion": StepEntry(convert_feature_union, _NO_NODES, does=_runs),
    "sklearn.Pipeline": StepEntry(convert_inner_pipeline, _NO_NODES, does=_runs),
}
