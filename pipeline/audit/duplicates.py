"""Finds rows that stand in both the training set and the holdout."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, prod, sqrt
from typing import TYPE_CHECKING, Any

from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase, compute_skill
from pipeline.audit.identifiers import find_numbering_columns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

NAME = "duplicate rows"
MANY = 0.05
"""Share of rows with a twin from which on it matters."""
BY_CHANCE = 0.2
"""Part of the twins that may be chance: rows of a few categories meet by themselves."""
TOGETHER = 0.2
"""Share of rows that have the features of the row before them, from which on it is no chance."""
FEW_ROWS = 20
MOST = 0.5
"""Share of holdout rows that training has seen, target and all, from which on the score says
nothing about new rows."""
LITTLE, LARGE = 0.02, 0.1
"""Loss of skill on rows without a twin: from which on it counts, and the score is not real."""

_TODO = (
    "Drop the copies before training, or, if the rows belong together (one person, one shop), keep "
    'each group on one side: [validation] group = "COLUMN".'
)


def find_duplicates(case: AuditCase) -> Iterator[Alarm]:
    """Rows of the holdout that the training rows hold too; before training, rows with a twin."""
    named = find_numbering_columns(case)  # a number of its own makes no row another one
    frame, features = (part.drop(columns=named) for part in (case.dataset.frame, case.features))
    if not len(features.columns):
        return
    beside = f", apart from {', '.join(named)}," if named else ""
    if case.trained is None:
        yield from _in_table(frame, features, beside)
        return
    index = case.holdout.index
    if not set(index) <= set(frame.index):
        return
    held = frame.index.isin(index)
    alike, equal = _find_known_rows(features, held), _find_known_rows(frame, held)
    if alike.mean() < MANY:
        return
    chance = _are_chance(features, alike.mean(), features)
    if chance and (equal.mean() < MANY or _are_chance(frame, equal.mean(), features)):
        return  # of few columns the target tells whether whole rows come again
    text = (
        f"{alike.sum():,} of {len(alike):,} holdout rows ({alike.mean():.0%}){beside} have the "
        f"features of a training row, {equal.sum():,} of them with the same target."
    )
    order = case.dataset.frame.index[held]
    rest, loss = _on_the_rest(case, set(order[~alike]))
    if rest:
        text = f"{text} {rest}"
    is_red = loss >= LARGE or equal.mean() >= MOST
    if equal.mean() < MANY and loss < LITTLE:
        return  # the model meets the features again, but gains nothing by it
    yield Alarm(NAME, "red" if is_red else "amber", (), text, _TODO)


def _in_table(frame: pd.DataFrame, features: pd.DataFrame, beside: str) -> Iterator[Alarm]:
    twins = frame.duplicated(keep=False)
    if twins.mean() >= MANY and not _are_chance(frame, twins.mean(), features):
        text = (
            f"{twins.sum():,} of {len(frame):,} rows ({twins.mean():.0%}){beside} are there more "
            "than once; copies will lie in training and holdout alike."
        )
        yield Alarm(NAME, "amber", (), text, _TODO)


def _find_known_rows(frame: pd.DataFrame, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Per holdout row, whether the other rows hold it too."""
    import numpy as np

    groups = _groups(frame)
    return np.isin(groups[held], groups[~held])


def _groups(frame: pd.DataFrame) -> NDArray[Any]:
    """(N,) a number for each different row, from 0."""
    found: NDArray[Any] = frame.groupby(list(frame), dropna=False, sort=False).ngroup().to_numpy()
    return found


def _are_chance(frame: pd.DataFrame, share: float, features: pd.DataFrame) -> bool:
    """Whether so many twins may be chance meetings, which no order of the rows brings together."""
    return _by_chance(frame) > BY_CHANCE * share and not _stand_together(features)


def _stand_together(features: pd.DataFrame) -> bool:
    """Whether rows often follow one with the same features, though no column sorts the table.

    So do the rows of one person or shop, of whom a few categories are all that is known.
    """
    together = _groups(features)
    if (together[1:] == together[:-1]).mean() < TOGETHER:
        return False
    columns = (_groups(features[[name]]) for name in features)
    return all((one[1:] != one[:-1]).sum() > one.max() for one in columns)


def _by_chance(frame: pd.DataFrame) -> float:
    """Share of rows that would have a twin if the columns were independent of each other."""
    meets = prod(
        float((frame[name].value_counts(normalize=True, dropna=False) ** 2).sum()) for name in frame
    )
    return 1 - exp(-len(frame) * meets)


def _on_the_rest(case: AuditCase, fresh: set[object]) -> tuple[str, float]:
    """The score on rows that training has not seen, in words, and how much worse it is."""
    import numpy as np

    holdout = case.holdout
    is_fresh = np.array([label in fresh for label in holdout.index])
    if is_fresh.sum() < FEW_ROWS:
        return "", 0.0
    actual, predicted = holdout.actual[is_fresh], holdout.predicted[is_fresh]
    if len(np.unique(actual)) < 2:
        return "", 0.0
    rest = compute_skill(actual, predicted, case.is_numeric)
    if case.is_numeric:
        text = f"R2 is {case.reached:.3f} on the whole holdout and {rest:.3f} on the others."
        return text, case.reached - rest
    whole = float((holdout.actual == holdout.predicted).mean())
    right = float((actual == predicted).mean())
    noise = 2 * sqrt(max(right * (1 - right), 1e-9) / len(actual))
    text = f"Accuracy is {whole:.3f} on the whole holdout and {right:.3f} on the others."
    return text, whole - right - noise
