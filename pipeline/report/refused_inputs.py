"""Shows which inputs the scorer refuses, each with its error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import DataError
from pipeline.manifest.columns import Kind
from pipeline.report.result_tables import TextTable
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import Converted

WRONG: Mapping[Kind, tuple[Any, ...]] = {
    "number": ("twelve", float("inf")),
    "text": (3,),
    "boolean": (None, "maybe"),
    "date": ("31.12.2020",),
}
"""Values that no column of a kind holds."""
SURPLUS = "another column"


def try_refused_inputs(evidence: Converted) -> TextTable:
    """What was sent, and the scorer's own error message."""
    scorer = Scorer(evidence.model.data)
    row = {i.name: evidence.dataset.frame[i.name].head(1) for i in scorer.manifest.inputs}
    rows = []
    for sent, columns in _cases(evidence, row):
        try:
            scorer.predict(columns)
        except DataError as err:
            rows.append((sent, err.message))
    return TextTable(("sent", "answer"), tuple(rows), ("",) * len(rows))


def _cases(evidence: Converted, row: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The first column of each kind with wrong values, then wrong sets of columns."""
    inputs = evidence.model.manifest.inputs
    firsts = {column.kind: column.name for column in reversed(inputs)}
    for kind, values in WRONG.items():
        for value in values if kind in firsts else ():
            yield f"{firsts[kind]} = {value!r}", {**row, firsts[kind]: [value]}
    last = inputs[-1].name
    yield f"no {last}", {name: value for name, value in row.items() if name != last}
    yield f"a column more, {SURPLUS!r}", {**row, SURPLUS: [1]}
