"""Splits holdout and folds by time or by group.

PyCaret's folds can do both, but its holdout cannot keep groups apart. So the rows are put in order
here, those of the holdout last, and PyCaret is set to cut without shuffling.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config.train_config import TrainConfig
from pipeline.data.column_rules import TRAIN_SIZE
from pipeline.data.dataset import Dataset
from pipeline.errors import DataError

TRIES = 20
"""Random choices of groups, of which the one closest to the wished share of rows is taken."""

logger = logging.getLogger(__name__)

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows are trained on and which are held out.

    Attributes:
        training, holdout: places of the rows, in the order in which PyCaret gets them.
        arguments: of `setup`, which make it cut here, and of its folds.
    """

    training: Places
    holdout: Places
    arguments: Mapping[str, Any]

    @property
    def order(self) -> Places:
        return np.concatenate([self.training, self.holdout])


def make_split(dataset: Dataset, config: TrainConfig) -> Split | None:
    """The split that the dataset's `validation` asks for; None leaves it to PyCaret.

    Raises:
        DataError: missing values in the column, or no way to cut by it.
    """
    validation = dataset.spec.validation
    if validation is None:
        return None
    share = config.setup.get("train_size", TRAIN_SIZE)
    if validation.time is not None:
        values = require_complete(dataset, validation.time)
        _require_sortable(values)
        training, holdout = _forward(values, share, config.fold)
        folds: dict[str, Any] = {"fold_strategy": "timeseries"}
    else:
        values = require_complete(dataset, str(validation.group))
        training, holdout = _choose_groups(values, share, dataset, config)
        folds = {"fold_strategy": "groupkfold", **config.setup, "fold_groups": values}
        folds = {key: folds[key] for key in ("fold_strategy", "fold_groups")}
    _require_classes(dataset, str(validation.column), training)
    cut = {"train_size": len(training), "data_split_shuffle": False, "data_split_stratify": False}
    return Split(training, holdout, {**cut, **folds})


def describe_split(dataset: Dataset, experiment: Any) -> str:
    """How the holdout was chosen, in words; empty where it is PyCaret's own choice."""
    validation = dataset.spec.validation
    if validation is None:
        return ""
    values = dataset.values(str(validation.column))
    held, rest = (values.loc[part.index] for part in (experiment.X_test, experiment.X_train))
    if validation.time is not None:
        as_text = "as text, " if values.dtype == object else ""
        return (
            f"the last {len(held):,} of {len(values):,} rows by {validation.time}, {as_text}from "
            f"{format_moment(held.min())} to {format_moment(held.max())}; folds go forward in time"
        )
    count, whole = held.nunique(), held.nunique() + rest.nunique()
    return (
        f"{len(held):,} of {len(values):,} rows: {count:,} of {whole:,} groups by "
        f"{validation.group}, none of them trained on; folds keep groups apart"
    )


def format_moment(value: Any) -> str:
    """A moment as people write it, without a time of day that is midnight."""
    return str(value).removesuffix(" 00:00:00")


def require_complete(dataset: Dataset, column: str) -> pd.Series:
    """(N,) the column that decides how rows are split.

    Raises:
        DataError: it has gaps.
    """
    values = dataset.values(column)
    missing = np.flatnonzero(values.isna())
    if len(missing):
        raise DataError(
            f"[validation] column {column!r}: got no value in {len(missing):,} of {len(values):,} "
            f"rows, the first in data row {missing[0] + 1:,}, expected one in every row",
            hint="Fill in or remove those rows, or choose another column",
        )
    return values


def _require_sortable(values: pd.Series) -> None:
    """Refuse text whose alphabetical order is not that of time: week 10 comes before week 9.

    Sortable is text that differs in its numbers alone, all with equally many digits, years first.

    Raises:
        DataError: the column is other text.
    """
    if values.dtype != object:
        return
    texts = sorted(set(map(str, values)))
    known = {text: re.findall(r"\d+", text) for text in texts}
    before, after = texts[0], texts[-1]
    widths = [[len(number) for number in numbers] for numbers in known.values()]
    if {re.sub(r"\d+", "", text) for text in texts} != {re.sub(r"\d+", "", before)}:
        why = "differ in more than their numbers"
    elif any(each != widths[0] for each in widths):
        why = "have numbers of unlike length"
        before, after = _find_unsorted(known) or (before, after)
    elif not widths[0] or (4 in widths[0] and widths[0][0] != 4):
        why = "do not begin with the year"
    else:
        return
    raise DataError(
        f"[validation] time {values.name!r}: got text such as {before!r} and {after!r}, which "
        f"{why}, expected dates, numbers, or text that sorts by time",
        hint="Write numbers with equally many digits (week 09) and years first (2026-01), or say "
        "under [date_format] how the column's dates are written",
    )


def _find_unsorted(known: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """Two neighbours in the order of text whose numbers are in the other order."""
    pairs = pairwise(known)
    return next(
        ((a, b) for a, b in pairs if [*map(int, known[a])] > [*map(int, known[b])]),
        None,
    )


def find_cut_near(values: NDArray[Any], wished: int) -> int:
    """The place nearest to a wished one where sorted values change; 0 where they never do."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return int(changes[np.abs(changes - wished).argmin()]) if len(changes) else 0


def order_forward(values: pd.Series) -> Places:
    """Places of the rows from the earliest to the latest, equal ones in the table's order.

    A missing moment comes last; pandas' own argsort would give its row no place at all.
    """
    return np.asarray(np.argsort(values.to_numpy(), kind="stable"), dtype=np.intp)


def require_learnable(experiment: Any, groups: Any) -> None:
    """Refuse folds that train on one class, and say where one lacks some of them.

    Args:
        experiment: PyCaret's classification, set up.
        groups: of all rows by their index; None for folds that need none.

    Raises:
        DataError: a fold trains on a single class, where no model can be fitted, or is to predict
            a class by name that it has not trained on, where PyCaret fails every model.
    """
    from pycaret.utils.generic import get_label_encoder

    is_named = get_label_encoder(experiment.pipeline) is not None
    rows, target = experiment.X_train, experiment.y_train
    known = None if groups is None else groups.loc[rows.index]
    everything = set(target)
    parts = experiment.fold_generator.split(rows, target, known)
    for number, (training, tested) in enumerate(parts, start=1):
        lost = sorted(map(str, everything - set(target.iloc[training])))
        if len(lost) == len(everything) - 1:
            raise DataError(
                f"fold {number} trains on {len(training):,} rows of one class, expected several",
                hint="Take fewer folds with --fold, or more rows",
            )
        asked = [label for label in lost if label in set(map(str, target.iloc[tested]))]
        if asked and is_named:
            raise DataError(
                f"fold {number} has no row of class {', '.join(asked)} to train on, and some to "
                "predict, expected every class in what a fold trains on: PyCaret fails there",
                hint="Take fewer folds with --fold, remove the rows of a class that is only there "
                "later or in few groups, or join it with another class",
            )
        if lost:
            text = "fold %d has no row of class %s to train on: models may fail, scores suffer"
            logger.warning(text, number, ", ".join(lost))


def _require_classes(dataset: Dataset, column: str, training: Places) -> None:
    if dataset.task.target != "classes":
        return
    target = dataset.frame[dataset.spec.target]
    lost = sorted(map(str, set(target) - set(target.iloc[training])))
    if lost:
        raise DataError(
            f"[validation] {column!r}: got no row of class {', '.join(lost)} outside the holdout, "
            "expected every class to train on",
            hint="A class that is only there later, or in few groups, cannot be learned: remove "
            "its rows, or leave [validation] out",
        )


def _forward(values: pd.Series, share: float, folds: int) -> tuple[Places, Places]:
    order = order_forward(values)
    wished = int(share * len(values))
    if wished < 2 * (folds + 1):
        raise DataError(
            f"[validation] time {values.name!r}: got {wished:,} rows to train on, expected at "
            f"least {2 * (folds + 1):,} for {folds} folds forward in time",
            hint="Add rows, or take fewer folds with --fold",
        )
    cut = find_cut_near(values.to_numpy()[order], wished)
    held, expected = len(values) - cut, len(values) - wished
    if not expected / 2 <= held <= expected * 2 or not cut:
        biggest = values.value_counts()
        raise DataError(
            f"[validation] time {values.name!r}: got {biggest.iloc[0]:,} of {len(values):,} rows "
            f"with {biggest.index[0]}, expected values of which about the last {expected:,} rows "
            "can be held out without cutting through equal ones",
            hint="Choose a column with more different values, or another [setup] train_size",
        )
    return order[:cut], order[cut:]


def _choose_groups(
    values: pd.Series, share: float, dataset: Dataset, config: TrainConfig
) -> tuple[Places, Places]:
    """The best of some random choices of groups: every class to train on, then the share."""
    from sklearn.model_selection import GroupShuffleSplit

    codes, names = pd.factorize(values)
    if len(names) <= config.fold:
        raise DataError(
            f"[validation] group {values.name!r}: got {len(names)} different values, expected at "
            f"least {config.fold + 1} for {config.fold} folds and a holdout",
            hint="Take fewer folds with --fold, or a column with more groups",
        )
    kept = min(max(round(share * len(names)), config.fold), len(names) - 1)
    shuffles = GroupShuffleSplit(TRIES, train_size=kept, random_state=config.seed)
    target = dataset.frame[dataset.spec.target].to_numpy()
    classes = set(target) if dataset.task.target == "classes" else set()

    def faults(pair: tuple[Places, Places]) -> tuple[int, float]:
        training, _ = pair
        lost = len(classes - set(target[training])) if classes else 0
        return lost, abs(len(training) / len(target) - share)

    training, holdout = min(shuffles.split(codes, groups=codes), key=faults)
    return training, holdout
