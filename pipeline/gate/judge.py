"""Judges challenger and champion by their ONNX files, on the same rows.

What is checked, in this order: the proof against PyCaret, the absolute limit of the metric, the
budgets, and, if there is a champion, that the challenger is at least as good (the rule stands in
`pipeline.gate.paired_comparison`) and does not change too many predictions. A champion that is
broken blocks nobody: any proven model is better than it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from pipeline.config.retrain_config import Gate
from pipeline.errors import DataError
from pipeline.gate import absolute_checks
from pipeline.gate.champion_checks import check_against_champion
from pipeline.gate.contender import BrokenError, Contender, ContenderAnswers
from pipeline.gate.decision import Decision, GateCheck
from pipeline.gate.evaluation import Evaluation, ScoredModel, score_contender
from pipeline.gate.paired_comparison import PairedComparison
from pipeline.gate.scored_rows import ScoredRows, read_scored_rows
from pipeline.manifest import Manifest
from pipeline.selection.metric import Metric

FIGURES = {
    "minimum": "challenger",
    "microseconds per row": "microseconds_per_row",
    "bytes": "bytes",
    "churn": "churn",
}
"""Checks whose finding is a figure, and the figure's name."""


def judge(
    challenger: Contender,
    champion: Contender | None,
    holdout: pd.DataFrame,
    metrics: Iterable[Metric],
    settings: Gate,
) -> Decision:
    """Whether the challenger may become the champion.

    Args:
        champion: the model in use; None if there is none.
        holdout: raw rows (N, columns) with the target, which `pipeline.gate.holdout.split_holdout`
            kept.
        metrics: the one that decides, then those that stand in where it cannot be computed;
            `pipeline.selection.metric.build_metrics` of the challenger's training.
        settings: the limits of `[gate]`.

    Raises:
        DataError: the holdout has a class that the challenger was not trained on.
    """
    try:
        ours = score_contender(challenger, holdout)
    except BrokenError as err:
        return _unusable(str(err))
    if ours.answers is None:
        return _unusable(ours.unfit)
    evaluation = Evaluation(holdout, _actual(ours.manifest, holdout), tuple(metrics), settings)
    checks, found = tuple(_absolute(ours, ours.answers, evaluation)), None
    if champion is not None:
        more, found = check_against_champion(ours, champion, evaluation)
        checks += more
    return Decision.of(checks, _figures(checks, found))


def _unusable(reason: str) -> Decision:
    text = f"the challenger cannot be scored: {reason}"
    return Decision.of((GateCheck("challenger", None, None, False, text),), {})


def _actual(manifest: Manifest, frame: pd.DataFrame) -> NDArray[Any]:
    values = frame[manifest.target]
    if manifest.labels is None:
        return values.to_numpy(float)
    found: NDArray[Any] = values.to_numpy().astype(str)
    if unknown := sorted(set(found.tolist()) - set(map(str, manifest.labels))):
        raise DataError(
            f"the gate's holdout has classes that the challenger was not trained on: {unknown}",
            hint="Set a smaller `holdout` under [gate], or add rows of those classes",
        )
    return found


def _absolute(
    ours: ScoredModel, found: ContenderAnswers, evaluation: Evaluation
) -> Iterator[GateCheck]:
    """What the challenger must show by itself."""
    fresh = ours.contender.unseen(evaluation.frame) & found.answered
    scored = ScoredRows(evaluation.actual, found.predictions, ours.manifest.labels).at(fresh)
    own = read_scored_rows(ours.contender.holdout, ours.manifest)
    yield absolute_checks.check_parity(ours.manifest)
    yield absolute_checks.check_minimum(evaluation.metrics[0], scored, own, evaluation.settings)
    kept = ours.contender.holdout
    rows = evaluation.frame if kept is None or len(evaluation.frame) else kept
    yield absolute_checks.check_latency(ours.contender, ours.manifest, rows, evaluation.settings)
    yield absolute_checks.check_size(ours.contender, evaluation.settings)


def _figures(checks: Iterable[GateCheck], found: PairedComparison | None) -> Mapping[str, float]:
    figures = {
        FIGURES[check.name]: check.found
        for check in checks
        if check.name in FIGURES and isinstance(check.found, float)
    }
    if found is None:
        return figures
    return figures | {
        "challenger": found.challenger,
        "champion": found.champion,
        "gain": found.gain.estimate,
        "gain_low": found.gain.low,
        "gain_high": found.gain.high,
        "rows": float(found.rows[0]),
    }
