"""One preprocessing step on its way into the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.pycaret_pipeline import choose_dtype
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.columns import Cell, Column
from pipeline.convert.symbolic.frame import Frame

TWICE = Caveat.when_prepared(
    "a column of the table that is called as one that PyCaret makes: `a^2` beside `a` with "
    "polynomial_features",
    instead="rename or leave out a column of the table whose name is that, or becomes it",
)


@dataclass(frozen=True)
class Step:
    """A fitted step, the symbolic columns it works on, and what it did to some real rows.

    Attributes:
        name: the step's name in PyCaret's pipeline.
        wrapper: PyCaret's TransformerWrapper, which names the output columns.
        transformer: the fitted transformer inside; read, never changed.
        columns: the symbolic columns it includes, in its order.
        before: sample rows as they entered the step.
        after: the same rows as they left it.
        graph: where nodes go.
    """

    name: str
    wrapper: Any
    transformer: Any
    columns: Mapping[str, Column]
    before: pd.DataFrame
    after: pd.DataFrame
    graph: Graph

    def __post_init__(self) -> None:
        """Refuse columns that nobody can tell apart.

        Raises:
            ConversionError: the step returned two of one name.
        """
        names = pd.Series([str(name) for name in self.after])
        if names.duplicated().any():
            twice = names[names.duplicated()].iloc[0]
            raise TWICE.error(
                f"step {self.name!r}: got two columns of the name {twice!r}, expected one"
            )

    @cached_property
    def made(self) -> pd.DataFrame:
        """What the sample rows' own columns become, in the order that the transformer gives them.

        Beside columns that the step does not include, PyCaret sorts them by name: `after` has
        another order.
        """
        if len(self.columns) == self.before.shape[1]:
            return self.after
        made: pd.DataFrame = self.wrapper.transform(self.before[list(self.columns)].copy())
        return made

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that the fitted transformer computes this step in."""
        return choose_dtype(self.before[list(self.columns)])

    @cached_property
    def matrix(self) -> Tensor:
        """The step's columns side by side, (N, W), in the dtype it computes in."""
        return Frame(self.graph, self.columns).features().double.cast(self.dtype)

    def cells(self, matrix: Tensor, names: Sequence[str] | None = None) -> dict[str, Column]:
        """The columns of a computed matrix, (N, W), under the step's own names or new ones."""
        names = list(self.columns) if names is None else list(names)
        wide = matrix.cast(DOUBLE)
        return {name: Cell(wide, index, len(names)) for index, name in enumerate(names)}


Converter = Callable[[Step], dict[str, Column]]
"""The columns that replace the step's own; the frame puts them into PyCaret's order."""


@dataclass(frozen=True)
class StepEntry(Entry[Converter]):
    """A transformer's row: it converts, a custom pipeline may hold it, the report describes it.

    Attributes:
        does: what the step does, for the report: a sentence without subject, in which `t` is the
            fitted transformer, or a function of that.
    """

    does: str | Callable[[Any], str] = field(kw_only=True)

    def describe(self, transformer: Any) -> str:
        """What a fitted transformer does, in words."""
        return self.does(transformer) if callable(self.does) else self.does.format(t=transformer)
