"""The challenger beside the champion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.gate import absolute_checks
from pipeline.gate.contender import BrokenError, Side
from pipeline.gate.decision import Check
from pipeline.gate.evaluation import Case, Model, model
from pipeline.gate.paired_comparison import Contest, contest
from pipeline.gate.row_hash import row_hashes
from pipeline.gate.scored_rows import Sheet, in_classes, own_sheet
from pipeline.gate.signature_changes import differences, other_question

NAME = "champion"


def against(ours: Model, champion: Side, case: Case) -> tuple[tuple[Check, ...], Contest | None]:
    """The checks that need a champion, and what the comparison found if there was one.

    Args:
        ours: the challenger, which answers the holdout.
        champion: the model in use, in whatever state it is.
        case: the holdout and the limits.
    """
    try:
        theirs = model(champion, case.frame)
    except BrokenError as err:
        text = f"warning: the champion cannot be scored, so nothing is compared with it: {err}"
        return (Check(NAME, None, None, True, text),), None
    if text := other_question(ours.manifest, theirs.manifest):
        return (Check(NAME, None, None, False, text),), None
    found, reason = _compared(ours, theirs, case)
    notes = differences(ours.manifest, theirs.manifest)
    return (_outcome(found, reason), *_churn(ours, theirs, case), *notes), found


def _compared(ours: Model, theirs: Model, case: Case) -> tuple[Contest | None, str]:
    """Both on rows that neither has seen; or on PyCaret's own holdouts, and why."""
    sheets = _sheets(ours, theirs, case)
    reason = f"the champion cannot take the rows: {theirs.unfit}"
    if sheets is not None:
        count, least = len(sheets[0].actual), case.settings.min_rows
        if count >= least and (found := contest(case.metrics, sheets, case.settings, paired=True)):
            return found, ""
        reason = f"only {count:,} of {len(case.actual):,} holdout rows are known to be new to both"
        reason += f", expected at least {least:,}"
        if not len(case.actual):
            reason = "no rows were kept from the training"
        if count >= least:
            reason = f"no metric can be computed of both on {count:,} holdout rows"
    own = [own_sheet(side.side.holdout, side.manifest) for side in (ours, theirs)]
    if own[0] is None or own[1] is None:
        return None, f"{reason}; and PyCaret's own holdouts are not known"
    places = _same_rows(ours, theirs)
    if places is None:
        return contest(case.metrics, (own[0], own[1]), case.settings, paired=False), reason
    sheets = own[0].at(places[0]), own[1].at(places[1])
    found = contest(case.metrics, sheets, case.settings, paired=True)
    return (replace(found, own=True) if found else None), reason


def _same_rows(ours: Model, theirs: Model) -> list[NDArray[np.int64]] | None:
    """The places (n,) of the same rows in both own holdouts; None if they are not the same rows."""
    tables = [side.side.holdout for side in (ours, theirs)]
    columns = [*(column.name for column in ours.manifest.inputs), ours.manifest.target]
    if ours.manifest.labels != theirs.manifest.labels:
        return None
    hashes = [row_hashes(t[columns]) for t in tables if t is not None and set(columns) <= set(t)]
    orders = [np.argsort(found, kind="stable") for found in hashes]
    if len(orders) < 2 or not np.array_equal(hashes[0][orders[0]], hashes[1][orders[1]]):
        return None
    return orders


def _sheets(ours: Model, theirs: Model, case: Case) -> tuple[Sheet, Sheet] | None:
    """Both on the rows that neither has seen and both answer, by the challenger's classes."""
    if ours.answers is None or theirs.answers is None:
        return None
    used = ours.side.unseen(case.frame) & theirs.side.unseen(case.frame)
    places = np.flatnonzero(used & ours.answers.answered & theirs.answers.answered)
    actual, labels = case.actual[places], ours.manifest.labels
    first, second = (side.predictions.at(places) for side in (ours.answers, theirs.answers))
    if labels is not None:
        second = in_classes(second, theirs.manifest.labels or (), labels, actual)
    return Sheet(actual, first, labels), Sheet(actual, second, labels)


def _outcome(found: Contest | None, reason: str) -> Check:
    if found is None:
        text = f"nothing to compare with the champion on: {reason}"
        return Check(NAME, None, None, False, text)
    text = f"{found.text}; {reason}" if reason else found.text
    limit = 0.0 - found.margin if found.paired else None  # and never minus zero
    return Check(NAME, found.gain.estimate, limit, found.passed, text)


def _churn(ours: Model, theirs: Model, case: Case) -> Iterator[Check]:
    sides = ours.answers, theirs.answers
    if sides[0] is not None and sides[1] is not None:
        yield absolute_checks.churn(case.actual, (sides[0], sides[1]), case.settings)
        yield from _unanswered(case, *(int((~side.answered).sum()) for side in sides if side))


def _unanswered(case: Case, ours: int, theirs: int) -> Iterator[Check]:
    if ours or theirs:
        text = f"of {len(case.actual):,} holdout rows, the challenger has no prediction for "
        text += f"{ours:,}, the champion for {theirs:,}"
        yield Check("unanswered rows", float(ours), None, True, text)
