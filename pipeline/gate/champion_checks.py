"""Checks the challenger against the champion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.gate import absolute_checks
from pipeline.gate.contender import BrokenError, Contender
from pipeline.gate.decision import GateCheck
from pipeline.gate.evaluation import Evaluation, ScoredModel, score_contender
from pipeline.gate.paired_comparison import PairedComparison, compare_paired
from pipeline.gate.row_hash import hash_rows
from pipeline.gate.scored_rows import ScoredRows, align_classes, read_scored_rows
from pipeline.gate.signature_changes import explain_other_question, list_signature_changes

NAME = "champion"


def check_against_champion(
    ours: ScoredModel, champion: Contender, evaluation: Evaluation
) -> tuple[tuple[GateCheck, ...], PairedComparison | None]:
    """The checks that need a champion, and what the comparison found if there was one.

    Args:
        ours: the challenger, which answers the holdout.
        champion: the model in use, in whatever state it is.
        evaluation: the holdout and the limits.
    """
    try:
        theirs = score_contender(champion, evaluation.frame)
    except BrokenError as err:
        text = f"warning: the champion cannot be scored, so nothing is compared with it: {err}"
        return (GateCheck(NAME, None, None, True, text),), None
    if text := explain_other_question(ours.manifest, theirs.manifest):
        return (GateCheck(NAME, None, None, False, text),), None
    found, reason = _compare(ours, theirs, evaluation)
    notes = list_signature_changes(ours.manifest, theirs.manifest)
    return (_outcome(found, reason), *_churn(ours, theirs, evaluation), *notes), found


def _compare(
    ours: ScoredModel, theirs: ScoredModel, evaluation: Evaluation
) -> tuple[PairedComparison | None, str]:
    """Both on rows that neither has seen; or on PyCaret's own holdouts, and why."""
    scored = _sheets(ours, theirs, evaluation)
    reason = f"the champion cannot take the rows: {theirs.unfit}"
    if scored is not None:
        count, least = len(scored[0].actual), evaluation.settings.min_rows
        if count >= least and (
            found := compare_paired(evaluation.metrics, scored, evaluation.settings, paired=True)
        ):
            return found, ""
        reason = (
            f"only {count:,} of {len(evaluation.actual):,} holdout rows are known to be new to both"
        )
        reason += f", expected at least {least:,}"
        if not len(evaluation.actual):
            reason = "no rows were kept from the training"
        if count >= least:
            reason = f"no metric can be computed of both on {count:,} holdout rows"
    own = [
        read_scored_rows(contender.contender.holdout, contender.manifest)
        for contender in (ours, theirs)
    ]
    if own[0] is None or own[1] is None:
        return None, f"{reason}; and PyCaret's own holdouts are not known"
    places = _same_rows(ours, theirs)
    if places is None:
        return compare_paired(
            evaluation.metrics, (own[0], own[1]), evaluation.settings, paired=False
        ), reason
    scored = own[0].at(places[0]), own[1].at(places[1])
    found = compare_paired(evaluation.metrics, scored, evaluation.settings, paired=True)
    return (replace(found, own=True) if found else None), reason


def _same_rows(ours: ScoredModel, theirs: ScoredModel) -> list[NDArray[np.int64]] | None:
    """The places (n,) of the same rows in both own holdouts; None if they are not the same rows."""
    tables = [contender.contender.holdout for contender in (ours, theirs)]
    columns = [*(column.name for column in ours.manifest.inputs), ours.manifest.target]
    if ours.manifest.labels != theirs.manifest.labels:
        return None
    hashes = [hash_rows(t[columns]) for t in tables if t is not None and set(columns) <= set(t)]
    orders = [np.argsort(found, kind="stable") for found in hashes]
    if len(orders) < 2 or not np.array_equal(hashes[0][orders[0]], hashes[1][orders[1]]):
        return None
    return orders


def _sheets(
    ours: ScoredModel, theirs: ScoredModel, evaluation: Evaluation
) -> tuple[ScoredRows, ScoredRows] | None:
    """Both on the rows that neither has seen and both answer, by the challenger's classes."""
    if ours.answers is None or theirs.answers is None:
        return None
    used = ours.contender.unseen(evaluation.frame) & theirs.contender.unseen(evaluation.frame)
    places = np.flatnonzero(used & ours.answers.answered & theirs.answers.answered)
    actual, labels = evaluation.actual[places], ours.manifest.labels
    first, second = (
        contender.predictions.at(places) for contender in (ours.answers, theirs.answers)
    )
    if labels is not None:
        second = align_classes(second, theirs.manifest.labels or (), labels, actual)
    return ScoredRows(actual, first, labels), ScoredRows(actual, second, labels)


def _outcome(found: PairedComparison | None, reason: str) -> GateCheck:
    if found is None:
        text = f"nothing to compare with the champion on: {reason}"
        return GateCheck(NAME, None, None, False, text)
    text = f"{found.text}; {reason}" if reason else found.text
    limit = 0.0 - found.margin if found.paired else None  # and never minus zero
    return GateCheck(NAME, found.gain.estimate, limit, found.passed, text)


def _churn(ours: ScoredModel, theirs: ScoredModel, evaluation: Evaluation) -> Iterator[GateCheck]:
    contenders = ours.answers, theirs.answers
    if contenders[0] is not None and contenders[1] is not None:
        yield absolute_checks.check_churn(
            evaluation.actual, (contenders[0], contenders[1]), evaluation.settings
        )
        yield from _check_unanswered(
            evaluation, *(int((~contender.answered).sum()) for contender in contenders if contender)
        )


def _check_unanswered(evaluation: Evaluation, ours: int, theirs: int) -> Iterator[GateCheck]:
    if ours or theirs:
        text = f"of {len(evaluation.actual):,} holdout rows, the challenger has no prediction for "
        text += f"{ours:,}, the champion for {theirs:,}"
        yield GateCheck("unanswered rows", float(ours), None, True, text)
