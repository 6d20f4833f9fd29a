"""Golden rows: inputs with PyCaret's own answers, for checking the graph on any runtime."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.manifest import Input

LARGEST_SAMPLE = 256


@dataclass(frozen=True)
class Golden:
    """Rows and the answers they must get.

    Attributes:
        inputs: the raw columns, in the order of the graph's inputs.
        rows: (n, columns).
        kinds: (n,) why each row is there.
        labels: (n,) expected prediction_label.
        scores: (n, K) expected prediction_score, or None.
        tolerance: largest error: relative for regression, absolute for scores.
        scale: smallest magnitude that a regression error is relative to.
    """

    inputs: tuple[Input, ...]
    rows: pd.DataFrame
    kinds: tuple[str, ...]
    labels: NDArray[Any]
    scores: NDArray[np.float64] | None
    tolerance: float
    scale: float

    def to_json(self) -> str:
        """JSON text; missing values are null, dates int64 nanoseconds, each column a list."""
        expected: dict[str, Any] = {"prediction_label": [_plain(v) for v in self.labels]}
        if self.scores is not None:
            expected["prediction_score"] = self.scores.tolist()
        record = {
            "tolerance": self.tolerance,
            "scale": self.scale,
            "kinds": list(self.kinds),
            "inputs": {i.name: _column(i, self.rows[i.name]) for i in self.inputs},
            "expected": expected,
        }
        return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)


def sample(columns: NDArray[Any], kinds: NDArray[Any], usable: NDArray[np.bool_]) -> list[int]:
    """Positions of a varied sample: one of each column and kind first, then whatever comes."""
    places = np.flatnonzero(usable)
    seen: dict[tuple[str, str], int] = {}
    for place in places:
        seen.setdefault((columns[place], kinds[place]), int(place))
    first = list(seen.values())
    taken = set(first)
    rest = [int(p) for p in places if p not in taken]
    return (first + rest)[: max(LARGEST_SAMPLE, 64)]


def _column(column: Input, values: pd.Series) -> list[Any]:
    if column.kind == "date":
        moments = values.astype("datetime64[ns]")
        return [None if pd.isna(v) else int(v.value) for v in moments]
    return [None if pd.isna(v) else _plain(v) for v in values]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
