"""Checks a table with pandera before the training starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.column_rules import SHOWN, Needs, Rule, build_feature_rules, build_target_rules
from pipeline.data.source import Origin
from pipeline.errors import DataError
from pipeline.tasks import Task


@contextmanager
def _same_environment() -> Iterator[None]:
    """Put back what is set inside.

    pandera sets PYARROW_IGNORE_TIMEZONE for the whole process, and pyarrow then makes wrong moments
    of `datetime` objects with a zone, in our code and in that of whoever imports us.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]


with _same_environment():
    import pandera.pandas as pa


def check_values(
    frame: pd.DataFrame, target: str, task: Task, needs: Needs, source: Origin
) -> None:
    """Refuse a typed frame that cannot be trained on, naming every fault at once.

    Raises:
        DataError: too few rows; no column to predict from; a target with gaps, one class, too many
            or too rare classes, or text where numbers are predicted; infinite or constant columns.
    """
    if len(frame) < needs.rows:
        raise DataError(
            f"{source.path.name}: got {len(frame)} rows, expected at least {needs.rows}",
            hint="Add rows, or take fewer folds with --fold if the table has 20 or more",
        )
    if len(frame.columns) == 1:  # the others were left out
        raise DataError(
            f"{source.path.name}: got no column to predict {target!r} from: every other one is "
            "ignored, empty, or the same in every row",
            hint="Give a table with at least one column whose values differ",
        )
    rules = {str(name): build_feature_rules(frame[name]) for name in frame.columns.drop(target)}
    rules[target] = build_target_rules(frame[target], task, needs)
    try:
        _schema(rules).validate(frame, lazy=True, inplace=True)
    except pa.errors.SchemaErrors as err:
        cases = err.failure_cases[["column", "check"]].drop_duplicates()
        failed = set(cases.itertuples(index=False, name=None))
        faults = [(n, rule) for n in rules for rule in rules[n] if (n, rule.name) in failed]
        raise _error(frame, faults, source) from err


def _schema(rules: Mapping[str, Sequence[Rule]]) -> pa.DataFrameSchema:
    columns = {
        name: pa.Column(
            nullable=True,
            checks=[
                # one failing row says that a rule is broken; all of them would take minutes
                pa.Check(r.test, name=r.name, error=r.name, ignore_na=False, n_failure_cases=1)
                for r in demands
            ],
        )
        for name, demands in rules.items()
    }
    return pa.DataFrameSchema(columns)


def _error(frame: pd.DataFrame, faults: Sequence[tuple[str, Rule]], source: Origin) -> DataError:
    texts = [
        (
            f"column {name!r}: {rule.found(frame[name], _place(frame[name], rule, source))}",
            rule.hint,
        )
        for name, rule in faults[:SHOWN]
    ]
    details: dict[str, Any] = {"faults": tuple((name, rule.name) for name, rule in faults)}
    if len(faults) == 1:
        return DataError(f"{source.path.name}: {texts[0][0]}", hint=texts[0][1], **details)
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    lines = [f"{text}. {hint}" for text, hint in texts] + more
    return DataError(
        f"{source.path.name}: {len(faults)} faults" + "".join(f"\n  {line}" for line in lines),
        **details,
    )


def _place(values: pd.Series, rule: Rule, source: Origin) -> str:
    """Where a rule that flags rows is broken; empty for a rule about the whole column."""
    kept = rule.test(values)
    return source.place(np.flatnonzero(~kept).tolist()) if isinstance(kept, pd.Series) else ""
