"""Tabulates what the comparison has shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.manifest.columns import Input
from pipeline.parity.difference import Bounds
from pipeline.parity.golden_rows import GoldenRows, choose_golden_rows
from pipeline.parity.pycaret_reference import PyCaretAnswers
from pipeline.parity.trial import Trial
from pipeline.runtime.grammar import YEARS
from pipeline.runtime.predictions import Predictions

WORST = 20
GOLDEN_TABLE_ROWS = 64


def summarize_trials(table: Trial, hostile: Trial, bounds: Bounds) -> dict[str, Any]:
    """The figures that matter, by name."""
    trials = (table, hostile)

    def total(name: str) -> int:
        return int(sum(np.count_nonzero(getattr(t, name)) for t in trials))

    return {
        "rows_table": len(table.errors),
        "rows_hostile": len(hostile.errors),
        "max_error_table": _largest(table, ~table.excused),
        "max_error_hostile": _largest(hostile, ~hostile.excused),
        "bound": bounds.exact,
        "failures": total("failed"),
        "flips": int(sum(np.count_nonzero(t.flips & t.failed) for t in trials)),
        "ties": total("ties"),
        "batch_dependent": total("regrouped"),
        "rounding_noise": total("noisy"),
        "rounded_by_pycaret": total("rounded"),
        "rounded_max_error": max(_largest(t, t.rounded) for t in trials),
        "single_precision": int(sum(np.count_nonzero(_single(t, bounds)) for t in trials)),
        "dropped_by_pycaret": int(sum(np.count_nonzero(t.theirs.dropped) for t in trials)),
        "refused_by_pycaret": int(sum(np.count_nonzero(t.theirs.refused) for t in trials)),
        "refusals": "; ".join(dict.fromkeys(r[:200] for t in trials for r in t.theirs.reasons)),
    }


def tabulate_by_kind(trial: Trial) -> list[dict[str, Any]]:
    """One record per column and kind of row."""
    frame = pd.DataFrame(
        {
            "column": trial.rows.columns,
            "kind": trial.rows.kinds,
            "rows": 1,
            "max_error": np.where(trial.ties | trial.rounded, 0.0, trial.errors),
            "bound": trial.bounds,
            "failures": trial.failed.astype(int),
            "flips": (trial.flips & trial.failed).astype(int),
            "ties": trial.ties.astype(int),
            "batch_dependent": trial.regrouped.astype(int),
            "rounding_noise": trial.noisy.astype(int),
            "rounded_by_pycaret": trial.rounded.astype(int),
            "dropped_by_pycaret": trial.theirs.dropped.astype(int),
            "refused_by_pycaret": trial.theirs.refused.astype(int),
        }
    )
    how = dict.fromkeys(frame.columns[2:], "sum") | {"max_error": "max", "bound": "max"}
    grouped = frame.groupby(["column", "kind"], sort=False).agg(how).reset_index()
    return [{str(k): v for k, v in record.items()} for record in grouped.to_dict("records")]


def select_worst_rows(trial: Trial) -> list[dict[str, Any]]:
    """The rows with the largest errors, failures first, with both answers."""
    ranked = np.where(trial.failed, np.inf, np.nan_to_num(trial.errors, posinf=1e300))
    order = np.argsort(-ranked, kind="stable")[:WORST]
    return [
        {
            "column": trial.rows.columns[i],
            "kind": trial.rows.kinds[i],
            "failed": bool(trial.failed[i]),
            "error": float(trial.errors[i]),
            "onnx": str(trial.ours.labels[i]),
            "pycaret": str(trial.theirs.labels[i]),
            "row": {str(c): str(v) for c, v in trial.rows.frame.iloc[i].items()},
        }
        for i in order
        if ranked[i] > 0
    ]


def build_golden_rows(
    inputs: tuple[Input, ...], table: Trial, hostile: Trial, bounds: Bounds
) -> GoldenRows:
    """A varied sample of rows that PyCaret answers the same in every batch."""
    dates = [column.name for column in inputs if column.kind == "date"]
    usable = _plain(hostile) & _can_be_written(hostile.rows.frame[dates])
    picked = choose_golden_rows(hostile.rows.columns, hostile.rows.kinds, usable)
    own = np.flatnonzero(_plain(table) & _can_be_written(table.rows.frame[dates]))
    own = own[:GOLDEN_TABLE_ROWS]
    frames = [hostile.rows.frame.iloc[picked], table.rows.frame.iloc[own]]
    kinds = [*hostile.rows.kinds[picked], *table.rows.kinds[own]]
    return GoldenRows(
        inputs=inputs,
        rows=pd.concat(frames, ignore_index=True),
        kinds=tuple(map(str, kinds)),
        answers=_joined(hostile.theirs.at(picked), table.theirs.at(own)),
        graph=_joined(hostile.ours.at(picked), table.ours.at(own)),
        tolerance=float(max(hostile.bounds.max(), table.bounds.max())),
        scale=bounds.scale,
    )


def _joined(
    first: Predictions | PyCaretAnswers, second: Predictions | PyCaretAnswers
) -> Predictions:
    labels = np.concatenate([first.labels, second.labels])
    if first.scores is None or second.scores is None:
        return Predictions(labels, None)
    return Predictions(labels, np.concatenate([first.scores, second.scores]))


def phrase_verdict(passed: bool, figures: Mapping[str, Any], trials: Sequence[Trial]) -> str:
    """The verdict in one sentence."""
    rows = f"{figures['rows_table']:,} table rows and {figures['rows_hostile']:,} hostile rows"
    largest = max(figures["max_error_table"], figures["max_error_hostile"])
    if passed:
        return f"parity passed on {rows}: largest error {_format_error(largest)}, no label flipped"
    kinds = sorted({str(k) for t in trials for k in t.rows.kinds[t.failed]})
    what = f"kinds of row: {', '.join(kinds)}" if kinds else "rows differ alone and in a batch"
    if wrong := figures.get("warning_failures"):
        what = (
            f"{what}; warnings are wrong in {wrong:,} rows"
            if kinds
            else f"wrong warnings: {wrong:,}"
        )
    return (
        f"parity FAILED on {figures['failures']:,} of {rows}: "
        f"largest error {_format_error(largest)}, flipped labels: {figures['flips']}; {what}"
    )


def _format_error(error: float) -> str:
    return f"{error:.1e}" if error else "0"


def _largest(trial: Trial, counts: NDArray[np.bool_]) -> float:
    counted = trial.errors[counts]
    return float(counted.max()) if len(counted) else 0.0


def _single(trial: Trial, bounds: Bounds) -> NDArray[np.bool_]:
    return (trial.bounds >= bounds.single) & ~trial.noisy & ~trial.rounded


def _can_be_written(dates: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the text of each row's dates is read as these dates: their years are taken."""
    years = dates.apply(lambda column: column.dt.year)
    within = years.isna() | ((years >= YEARS.start) & (years < YEARS.stop))
    return np.asarray(within.all(axis=1), dtype=bool)


def _plain(trial: Trial) -> NDArray[np.bool_]:
    odd = trial.failed | trial.excused | trial.regrouped | trial.noisy
    return ~(odd | trial.theirs.dropped)
