"""Report, usage: how to predict with the model, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.manifest import Input
    from pipeline.tracking.evidence import Evidence, Training

MOST_COLUMNS = 24
"""A row of more columns is too long for an example."""

FRAME = """\
import pandas as pd
from pipeline.scorer import Scorer

scorer = Scorer("onnx/model.onnx")
scored = scorer.score_frame(pd.read_csv("new.csv"))
"""

ROW = """\
from pipeline.scorer import Scorer

scorer = Scorer("onnx/model.onnx")
answer = scorer.predict_one(
    {{
{values}
    }}
)
print(answer)
"""


def snippets(evidence: Evidence) -> tuple[str, ...]:
    """Python that scores the table's first row, if it is short, and a data frame."""
    inputs = evidence.model.manifest.inputs
    if len(inputs) > MOST_COLUMNS:
        return (FRAME,)
    return (ROW.format(values=_values(inputs, evidence.dataset.frame)), FRAME)


def score_command() -> str:
    """The command line that scores a file with the artifact folder's model."""
    return _command(
        ["pipeline.score", "--model", "onnx/model.onnx"],
        ["--data", "new.csv", "--output", "scored.csv"],
    )


def registered(evidence: Evidence) -> str | None:
    """The model's address in the registry; None if it was not to be registered."""
    if not (evidence.parity.passed and evidence.config.register):
        return None
    return f"models:/{evidence.dataset.spec.name}@champion"


def reproduce_command(evidence: Training) -> str:
    """The command line that trains the same model from the same file and settings."""
    config = evidence.config
    table = ["--dataset", config.dataset or evidence.dataset.spec.name]
    if config.data is not None:
        table = ["--data", str(config.data), "--target", evidence.dataset.spec.target]
    return _command(["pipeline.train", "--config", "config/train.toml"], table)


def _command(*parts: Iterable[str]) -> str:
    return shlex.join(["python", "-m", *(word for part in parts for word in part)])


def _values(inputs: Iterable[Input], frame: pd.DataFrame) -> str:
    first = frame.iloc[[0]]
    return "\n".join(
        f"        {column.name!r}: {_plain(column, first[column.name])!r}," for column in inputs
    )


def _plain(column: Input, values: pd.Series) -> Any:
    value = values.iloc[0]
    if values.isna().iloc[0]:
        return None
    if column.kind == "date":
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
