"""Refuses date columns that miss so many values that PyCaret drops their features."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb

import pandas as pd

from pipeline.config.train_config import TrainConfig
from pipeline.data.column_rules import TRAIN_SIZE
from pipeline.data.source import Origin
from pipeline.errors import DataError

MOST_MISSING = 0.1
"""Share of a batch without a date, beyond which PyCaret drops the date's features."""
LIKELY = 0.25
"""Share of the folds that may be expected to fail before a run is refused."""


def check_dates(frame: pd.DataFrame, config: TrainConfig, source: Origin) -> None:
    """Refuse date columns whose features PyCaret would drop, in the table or in many folds.

    Raises:
        DataError: more than a tenth is missing, or so nearly that many folds will hold as much.
    """
    if config.setup.get("preprocess") is False:
        return
    for name in frame.columns:
        values = frame[name]
        if values.dtype.kind != "M" or not (share := float(values.isna().mean())):
            continue
        rows = count_fold_rows(len(frame), config)
        failing = gap_probability(rows, share)
        if share <= MOST_MISSING and failing < LIKELY:
            continue
        where = "" if share > MOST_MISSING else f", as in about {failing:.0%} of the folds"
        raise DataError(
            f"{source.path.name}: column {name!r} has no date in {share:.1%} of the rows; PyCaret "
            f"drops a date's features where more than a tenth is missing{where}, and then cannot "
            "predict",
            hint=f"{_ways_out(name)}; fewer folds (--fold) have more rows each",
            column=name,
        )


def check_part(rows: pd.DataFrame, dates: Iterable[str], what: str) -> None:
    """Refuse rows that PyCaret handles at once and that lack so many dates, before every model
    fails on them.

    Args:
        rows: a fold's, or the holdout's.
        dates: columns of which PyCaret makes features.
        what: the rows are, for people.

    Raises:
        DataError: more than a tenth of a column is missing.
    """
    for name in dates:
        gone = int(rows[name].isna().sum())
        if gone > MOST_MISSING * len(rows):
            raise DataError(
                f"column {name!r} has no date in {gone:,} of the {len(rows):,} rows {what}; where "
                "more than a tenth is missing PyCaret drops a date's features, and every model "
                "fails",
                hint=f"{_ways_out(name)}; with fewer folds (--fold) or another --seed the gaps "
                "fall otherwise",
                column=name,
            )


def _ways_out(name: str) -> str:
    return (
        f"Fill the dates, or leave the column out with --ignore {name!r}, or take it as text with "
        f"--categorical {name!r}"
    )


def note_missing_dates(frame: pd.DataFrame, config: TrainConfig) -> tuple[str, ...]:
    """What to expect of the folds where fewer dates are missing."""
    if config.setup.get("preprocess") is False:
        return ()
    rows, notes = count_fold_rows(len(frame), config), []
    for name in frame.columns:
        values = frame[name]
        if values.dtype.kind != "M" or not (share := float(values.isna().mean())):
            continue
        failing = gap_probability(rows, share)
        if failing * config.fold >= MOST_MISSING:
            notes.append(
                f"column {name!r} has no date in {share:.1%} of the rows: about "
                f"{failing * config.fold:.1f} of the {config.fold} folds ({rows} rows each) will "
                "have more than a tenth missing, where PyCaret fails; fewer folds (--fold) help"
            )
    return tuple(notes)


def count_fold_rows(rows: int, config: TrainConfig) -> int:
    """Rows of the part that a fold is scored on."""
    return max(int(rows * config.setup.get("train_size", TRAIN_SIZE)) // config.fold, 1)


def gap_probability(rows: int, share: float) -> float:
    """How likely more than a tenth of so many random rows are missing."""
    allowed = int(rows * MOST_MISSING)
    if rows > 1000:  # as good as certain either way
        return float(share > MOST_MISSING)
    kept = (comb(rows, n) * share**n * (1 - share) ** (rows - n) for n in range(allowed + 1))
    return 1 - min(sum(kept), 1.0)
