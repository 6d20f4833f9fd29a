"""Scores the same rows with both ONNX files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.column_types import type_values
from pipeline.data.source import Source, open_source
from pipeline.errors import DataError, ModelError
from pipeline.rendering.wording import join_items
from pipeline.runtime.frames import score_rows
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.table_columns import find_repeated

if TYPE_CHECKING:
    from pipeline.compare.runs import ComparedRun
    from pipeline.manifest.columns import Kind

NAMED = 8


@dataclass(frozen=True, eq=False)
class ModelAnswers:
    """One model's answers.

    Attributes:
        labels: (n,) numbers, or classes as text.
        answered: (n,) whether there is a prediction at all.
        scores: (n, K) in the order of `classes`, or None.
    """

    labels: NDArray[Any]
    answered: NDArray[np.bool_]
    scores: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PairedScores:
    """The same rows as both models answer them.

    Attributes:
        features: (n, columns) what either model takes and the rows have.
        source: where the rows are from.
        actual: (n,) the target as the labels are written; None where the rows lack it.
        known: (n,) whether the target is there.
    """

    features: pd.DataFrame
    source: str
    a: ModelAnswers
    b: ModelAnswers
    actual: NDArray[Any] | None = None
    known: NDArray[np.bool_] | None = None

    @property
    def answered(self) -> NDArray[np.bool_]:
        return self.a.answered & self.b.answered


def score_both(a: ComparedRun, b: ComparedRun, data: Path | None = None) -> PairedScores | str:
    """Rows of a file, or else B's holdout, as both models answer them; or why they cannot.

    Raises:
        DataError: the file is not a table, or its values are of another kind than B's columns.
    """
    lacking = [run.letter for run in (a, b) if run.model is None]
    if lacking:
        has = "has" if len(lacking) == 1 else "have"
        return f"{' and '.join(lacking)} {has} no ONNX file, so predictions are not compared."
    found = _of_file(a, b, data) if data is not None else _of_holdout(b)
    if isinstance(found, str):
        return found
    sides = []
    for run in (a, b):
        answers = _side(run, found)
        if isinstance(answers, str):
            more = "" if data else " Give rows that fit both: --data FILE."
            return f"{answers}, so predictions are not compared.{more}"
        sides.append(answers)
    source = f"rows of {data.name}" if data is not None else "holdout rows of B"
    names = [name for name in found if name in {*a.features, *b.features}]
    return PairedScores(found[names], source, sides[0], sides[1], *_actual(b, found))


def _of_holdout(b: ComparedRun) -> pd.DataFrame | str:
    from pipeline.report.holdout import FILE

    found = b.tables.get(FILE)
    if found is None:
        return (
            "B kept no rows of its holdout, so predictions are not compared. "
            "Give rows: --data FILE."
        )
    return found


def _of_file(a: ComparedRun, b: ComparedRun, data: Path) -> pd.DataFrame:
    """The columns that either model or the target takes, each of its kind in B, or else in A."""
    kinds: dict[str, Kind] = {
        column["name"]: column["kind"] for run in (a, b) for column in run.figures["columns"]
    }
    labels = b.facts["labels"]
    kinds[b.facts["target"]] = "number" if labels is None or _are_whole(labels) else "text"
    source = open_source(data)
    names = _once(source, kinds)
    frame = source.read(names)
    for name in names:
        frame[name] = type_values(frame[name], kinds[name], source)
    return frame


def _once(source: Source, kinds: dict[str, Kind]) -> list[str]:
    names = [name for name in source.columns if name in kinds]
    if twins := sorted(find_repeated(names)):
        raise DataError(
            f"{source.path.name}: got several columns named {', '.join(map(repr, twins))}",
            hint="Rename or remove all but one of them",
        )
    return names


def _are_whole(labels: Any) -> bool:
    return isinstance(labels[0], int)


def _side(run: ComparedRun, frame: pd.DataFrame) -> ModelAnswers | str:
    """A model's answers, or why it has none.

    Raises:
        DataError: the file is damaged.
    """
    assert run.model is not None
    scorer = Scorer(run.model)
    names = [*run.features, *(column.name for column in scorer.manifest.inputs)]
    if missing := [repr(name) for name in dict.fromkeys(names) if name not in frame]:
        return f"{run.letter} needs {join_items(missing, NAMED)}, which the rows lack"
    try:
        found = score_rows(scorer, frame[[column.name for column in scorer.manifest.inputs]])
    except ModelError:
        raise
    except DataError as err:
        return f"{run.letter} cannot score the rows ({err.message})"
    labels, classes = found.labels, tuple(map(str, run.facts["labels"] or ()))
    # rows that have every value without which this model has no prediction
    required = frame[list(scorer.manifest.required)]
    answered = np.asarray(required.notna().all(axis=1), dtype=bool)
    if not classes:
        return ModelAnswers(labels.astype(float), answered & ~np.isnan(labels.astype(float)))
    return ModelAnswers(labels.astype(str), answered, found.scores, classes)


def _actual(
    b: ComparedRun, frame: pd.DataFrame
) -> tuple[NDArray[Any] | None, NDArray[np.bool_] | None]:
    """The target of every row, as the labels are written."""
    target, labels = b.facts["target"], b.facts["labels"]
    if target not in frame:
        return None, None
    values = frame[target]
    known = values.notna().to_numpy()
    if labels is None:
        return values.to_numpy(float), known
    if _are_whole(labels):
        values = values[known].astype("int64").reindex(values.index, fill_value=0)
    return values.astype(str).to_numpy(), known
