"""Validates the winner out of time: trained on the past, scored on later rows.

A random holdout lies between the rows that were trained on. Where a table has a date, the winner
is fitted once more, on its older rows alone, and asked for the newest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.automl.experiment import SearchResult
from pipeline.automl.holdout_predictions import predict_holdout
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.split import Places, find_cut_near, format_moment, order_forward
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset

logger = logging.getLogger(__name__)

FAR = 0.1
"""Loss of R2, accuracy and the like against the random holdout from which on it is worth a word."""
SPREADS = 2
"""Standard deviations over the folds that the loss exceeds as well, or it may be chance."""
CONSTANT: Mapping[str, float] = {"R2": 0.0, "Kappa": 0.0, "MCC": 0.0, "AUC": 0.5}
"""What a constant prediction gets."""

Level = Literal["", "careful", "bad"]


@dataclass(frozen=True)
class OutOfTimeResult:
    """How the winner does on the newest rows when it knows the older ones alone.

    Attributes:
        column: the date.
        rows: how many were scored.
        metrics: as PyCaret shows them; empty where the look was not possible.
        level: careful where it is far worse than the random holdout, bad where a constant would
            do as well.
        text: what was done and seen, or why it was not possible, in sentences.
    """

    column: str
    rows: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    level: Level = ""
    text: str = ""


def list_date_features(dataset: Dataset) -> list[str]:
    """The date features, the likeliest order of events first.

    That is the one in whose order the rows are already, then one without gaps, then the one with
    the most different moments.
    """

    def likelihood(name: str) -> tuple[bool, int, int]:
        values = dataset.frame[name]
        ordered = values.is_monotonic_increasing or values.is_monotonic_decreasing
        return ordered, -int(values.isna().sum()), int(values.nunique())

    names = [column.name for column in dataset.inputs if column.kind == "date"]
    return sorted(names, key=likelihood, reverse=True)


def validate_out_of_time(
    trained: SearchResult, dataset: Dataset, config: TrainConfig
) -> SearchResult:
    """The training with its forward look: one more fit of the winner, nothing where no date is.

    Nothing is raised: what cannot be fitted on the older rows is said.
    """
    if dataset.spec.validation is not None or not (names := list_date_features(dataset)):
        return trained
    parts = {name: _parts(dataset, name, len(trained.experiment.X_test)) for name in names}
    column = next((name for name, pair in parts.items() if pair is not None), names[0])
    return replace(trained, forward=_look(trained, dataset, config, column, parts[column]))


def _parts(dataset: Dataset, column: str, held: int) -> tuple[Places, Places] | None:
    """Older rows and about as many newest ones as are held out; None where no cut gives that."""
    values = dataset.frame[column]
    order = order_forward(values)[: int(values.notna().sum())]  # a missing moment is sorted last
    cut = find_cut_near(values.to_numpy()[order], len(order) - held)
    old, new = order[:cut], order[cut:]
    enough = held / 2 <= len(new) <= min(2 * held, len(old))
    return (old, new) if enough else None


def _look(
    trained: SearchResult,
    dataset: Dataset,
    config: TrainConfig,
    column: str,
    parts: tuple[Places, Places] | None,
) -> OutOfTimeResult:
    not_possible = f"No look forward in time by {column}: "
    if parts is None:
        return OutOfTimeResult(
            column, text=f"{not_possible}too many of its dates are equal or missing."
        )
    old, new = parts
    if reason := next(_unfit(trained, dataset, config, parts), ""):
        return OutOfTimeResult(column, text=f"{not_possible}{reason}.")
    try:
        metrics = _score_new_rows(trained, dataset, old, new)
    except Exception as err:
        logger.debug("no look forward", exc_info=True)
        return OutOfTimeResult(column, text=f"{not_possible}{type(err).__name__}: {err}.")
    name = _judge_loss(trained, metrics)
    level = _level(trained, name, metrics, dataset.frame[dataset.spec.target].to_numpy(), parts)
    found = OutOfTimeResult(column, len(new), metrics, level)
    return replace(
        found, text=_explain_result(found, dataset.frame[column].iloc[new], name, trained.holdout)
    )


def _unfit(
    trained: SearchResult, dataset: Dataset, config: TrainConfig, parts: tuple[Places, Places]
) -> Iterator[str]:
    """Why the winner cannot be fitted on the older rows and scored on the newest."""
    if config.compare.get("fit_kwargs"):
        yield "[compare] fit_kwargs are meant for the rows of the search"
    if trained.task.target != "classes":
        return
    old, new = (set(dataset.frame[dataset.spec.target].iloc[places]) for places in parts)
    if new - old:
        yield f"the older rows have no class {', '.join(sorted(map(str, new - old)))}"
    if len(old) < 2:
        yield "the older rows are of one class"


def _score_new_rows(
    trained: SearchResult, dataset: Dataset, old: Places, new: Places
) -> dict[str, float]:
    """PyCaret's metrics of the winner's kind, fitted on the old rows, for the new ones."""
    from sklearn.base import clone

    experiment, index = trained.experiment, dataset.frame.index
    with isolate_pycaret():
        pipeline = clone(trained.pipeline)
        past = index[old]
        pipeline.fit(experiment.X.loc[past], experiment.y.loc[past])
        rows = experiment.dataset.loc[index[new]]
        return predict_holdout(experiment, pipeline, trained.task, rows)[1]


def _judge_loss(trained: SearchResult, metrics: Mapping[str, float]) -> str:
    """A metric in which a loss means the same for every target: R2, or the one that decides.

    The accuracy where the newest rows, which may lack a class, have no such metric, and in place
    of a loss, which has no bounds.
    """
    name = trained.metric.column
    if trained.task.target == "numbers" or trained.metric.is_loss:
        return trained.task.default_metric
    known = all(np.isfinite(found.get(name, np.nan)) for found in (metrics, trained.holdout))
    return name if known else trained.task.default_metric


def _level(
    trained: SearchResult,
    name: str,
    metrics: Mapping[str, float],
    target: NDArray[Any],
    parts: tuple[Places, Places],
) -> Level:
    if name not in metrics or name not in trained.holdout:
        return ""
    spread = next(c.spread.get(name, 0.0) for c in trained.candidates if c.id == trained.model_id)
    old, new = (target[places] for places in parts)
    constant = CONSTANT.get(name, -1.0)
    if name == "Accuracy":
        labels, counts = np.unique(old.astype(str), return_counts=True)
        constant = float(np.mean(new.astype(str) == labels[counts.argmax()]))
    loss = trained.holdout[name] - metrics[name]
    # a holdout no better than a constant promises nothing; what is not a number says nothing
    if not (trained.holdout[name] > constant and loss > max(FAR, SPREADS * spread)):
        return ""
    return "bad" if metrics[name] <= constant else "careful"


def _explain_result(
    found: OutOfTimeResult, moments: pd.Series, name: str, holdout: Mapping[str, float]
) -> str:
    newest, random = (values.get(name, np.nan) for values in (found.metrics, holdout))
    text = (
        f"{name} {newest:.4g} on the last {found.rows:,} rows by {found.column} "
        f"({format_moment(moments.min())} to {format_moment(moments.max())}) for the same model "
        "fitted on the "
        f"rows before them, {random:.4g} on the random holdout, whose rows lie between those "
        "trained on."
    )
    if found.level:
        constant = " A constant would do as well." if found.level == "bad" else ""
        text += (
            f"{constant} Expect the lower figure of what comes next: judge models by "
            f'[validation] time = "{found.column}".'
        )
    return text
