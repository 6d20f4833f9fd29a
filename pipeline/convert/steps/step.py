"""One preprocessing step on its way into the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.convert.columns import Column
from pipeline.convert.graph import Graph


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


Converter = Callable[[Step], dict[str, Column]]
"""The columns that replace the step's own; the frame puts them into PyCaret's order."""
