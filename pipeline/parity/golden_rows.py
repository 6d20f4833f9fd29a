"""Samples golden rows: inputs with the expected predictions, to check any other runtime."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.manifest import LABEL, SCORE
from pipeline.manifest.columns import Input
from pipeline.runtime.predictions import Predictions

LARGEST_SAMPLE = 256
GRAPH_TOLERANCE = 1e-12
"""Largest error of another runtime against the graph's own answers: an operation may be rounded
otherwise there, and nothing else."""


@dataclass(frozen=True)
class GoldenRows:
    """Rows and the answers they must get.

    Attributes:
        inputs: the raw columns, in the order of the graph's inputs.
        rows: (n, columns).
        kinds: (n,) why each row is there.
        answers: PyCaret's.
        graph: the graph's own, as onnxruntime gave them here.
        tolerance: largest error against PyCaret's: relative for regression, absolute for scores.
        scale: smallest magnitude that a regression error is relative to.
        warnings: words of each mask, by row; none of a graph that does not warn.
    """

    inputs: tuple[Input, ...]
    rows: pd.DataFrame
    kinds: tuple[str, ...]
    answers: Predictions
    graph: Predictions
    tolerance: float
    scale: float
    warnings: Mapping[str, list[list[int]]] = field(default_factory=dict)

    def to_json(self) -> str:
        """JSON text; missing values are null, dates ISO 8601 text, each column a list."""
        record = {
            "tolerance": self.tolerance,
            "scale": self.scale,
            "kinds": list(self.kinds),
            "inputs": {i.name: _column(i, self.rows[i.name]) for i in self.inputs},
            "expected": _listed(self.answers),
            "graph": {"tolerance": GRAPH_TOLERANCE, "expected": _listed(self.graph)},
        }
        if self.warnings:
            record["warnings"] = dict(self.warnings)
        return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)


def choose_golden_rows(
    columns: NDArray[Any], kinds: NDArray[Any], usable: NDArray[np.bool_]
) -> list[int]:
    """Positions of a varied sample: one of each column and kind first, then whatever comes."""
    places = np.flatnonzero(usable)
    seen: dict[tuple[str, str], int] = {}
    for place in places:
        seen.setdefault((columns[place], kinds[place]), int(place))
    first = list(seen.values())
    taken = set(first)
    rest = [int(p) for p in places if p not in taken]
    return (first + rest)[: max(LARGEST_SAMPLE, 64)]


def _listed(answers: Predictions) -> dict[str, list[Any]]:
    listed = {LABEL: [_plain(value) for value in answers.labels]}
    return listed if answers.scores is None else {**listed, SCORE: answers.scores.tolist()}


def _column(column: Input, values: pd.Series) -> list[Any]:
    if column.kind == "date":
        return [None if pd.isna(v) else v.isoformat() for v in values.astype("datetime64[ns]")]
    return [None if pd.isna(v) else _plain(v) for v in values]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
