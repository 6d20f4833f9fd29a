"""Finds identifier columns, which name a row and predict nothing."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase

if TYPE_CHECKING:
    import pandas as pd

NAME = "identifier"
FEW_ROWS = 20
NEARLY = 0.98
"""Share of rows with a value of their own from which a name such as customer_id is believed."""
MOSTLY = 0.6
"""Share of different words from which on most rows are met once: an encoder learns them by heart,
and the model is worse than without the column."""
CARRIES = 0.3
"""Skill from which on an identifier carries the target."""
SLACK = 0.05

STEP = 100
"""Mean step from row to row up to which whole numbers count the rows; beyond it they may as well be
an amount by which the table is sorted."""
YEARS = 1800, 2200
SENTENCE = 5
"""Words in a cell, in the middle, from which on a column is text to be taken apart."""

_NAMED = re.compile(r"(^|[^a-z])(id|uuid|guid|key|nr|no|number|index|row|rownum)$|[a-z](ID|Id)$")


def find_identifiers(case: AuditCase) -> Iterator[Alarm]:
    """Columns with as many values as rows (text: nearly), that count them, or are named so."""
    # columns whose words are taken apart; each text may well be the only one of its kind
    texts = tuple(case.config.setup.get("text_features") or ())
    for name, values in case.features.items():
        kind = _kind(str(name), values) if name not in texts else ""
        if not kind:
            continue
        todo = f"Leave it out with --ignore {_quote(str(name))}."
        if _sentences(values):
            todo = (
                f"{todo[:-1]}, or have its words counted: [setup] text_features = [{_toml(name)}]."
            )
        text = f"{name} names the rows: {kind}. New rows will have values that it never had."
        if case.trained is not None and case.alone[str(name)] >= max(CARRIES, case.reached - SLACK):
            alone = case.shown(case.alone[str(name)])
            text = (
                f"{name} names the rows ({kind}), and alone it reaches {alone}, as good as the "
                f"model: the score comes from the order of the table."
            )
            yield Alarm(NAME, "red", (str(name),), text, f"{todo} Then train again.")
            continue
        yield Alarm(NAME, "amber", (str(name),), text, todo)


def _kind(name: str, values: pd.Series) -> str:
    """Why a column is an identifier; empty for one that is not."""
    known = values.dropna()
    different = known.nunique()
    if known.dtype == object:
        many = len(known) >= FEW_ROWS and different > MOSTLY * len(values)
        return f"{different:,} different words in {len(values):,} rows" if many else ""
    if len(known) < FEW_ROWS or different < NEARLY * len(values):
        return ""
    if known.dtype.kind not in "fiu" or not bool((known % 1 == 0).all()):
        return ""
    if different == len(values) and not is_time(values):
        step = float(known.max() - known.min()) / (different - 1)
        ordered = known.is_monotonic_increasing or known.is_monotonic_decreasing
        if ordered and (step <= STEP or _NAMED.search(name)):
            return "whole numbers that run on from row to row"
        if known.max() - known.min() == different - 1:
            return f"every whole number from {known.min():.0f} to {known.max():.0f} once"
    said = f"{different:,} different numbers in {len(values):,} rows, and its name says so"
    return said if _NAMED.search(name) else ""


def is_time(values: pd.Series) -> bool:
    """Whether the values are dates, or whole numbers that may be years."""
    known = values.dropna()
    if values.dtype.kind == "M":
        return True
    if known.dtype.kind not in "fiu" or not len(known):
        return False
    return bool(known.between(*YEARS).all() and (known % 1 == 0).all())


def find_numbering_columns(case: AuditCase) -> list[str]:
    """Identifiers that tell equal rows apart and nothing else: numbers, and codes with a number."""
    named = (column for alarm in find_identifiers(case) for column in alarm.columns)
    return [column for column in named if _numbers(case.features[column])]


def _numbers(values: pd.Series) -> bool:
    texts = map(str, values.dropna())
    return values.dtype != object or all(re.fullmatch(r"\S*\d\S*", text) for text in texts)


def _sentences(values: pd.Series) -> bool:
    known = values.dropna()
    return known.dtype == object and median(len(str(v).split()) for v in known) >= SENTENCE


def _toml(name: object) -> str:
    return json.dumps(str(name), ensure_ascii=False)


def _quote(name: str) -> str:
    return shlex.quote(name)
