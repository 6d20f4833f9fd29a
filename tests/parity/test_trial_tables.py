"""What the comparison has shown, counted again row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.manifest.columns import Input
from pipeline.parity.difference import Bounds
from pipeline.parity.trial import Trial
from pipeline.parity.trial_tables import (
    WORST,
    build_golden_rows,
    phrase_verdict,
    select_worst_rows,
    summarize_trials,
    tabulate_by_kind,
)
from tests.parity.trials import plain_trial

BOUNDS = Bounds(exact=1.0, single=10.0, scale=1.0)
FLAGS = ("flips", "ties", "regrouped", "noisy", "rounded", "refused")
rows = st.lists(
    st.tuples(
        st.floats(0, 3),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["table", "missing", "zero"]),
        *(st.booleans() for _ in FLAGS),
    ),
    min_size=1,
    max_size=30,
)


def trial_of(listed: list[tuple[Any, ...]]) -> Trial:
    errors, columns, kinds, *flags = zip(*listed, strict=True)
    return plain_trial(errors, columns, kinds, **dict(zip(FLAGS, flags, strict=True)))


@settings(max_examples=30, deadline=None)
@given(rows, rows)
def test_the_figures_are_the_sums_over_all_rows(table: list[Any], hostile: list[Any]) -> None:
    both = [trial_of(table), trial_of(hostile)]
    found = summarize_trials(*both, BOUNDS)
    assert (found["rows_table"], found["rows_hostile"]) == (len(table), len(hostile))
    assert found["failures"] == sum(int(trial.failed.sum()) for trial in both)
    assert found["ties"] == sum(row[4] for row in (*table, *hostile))
    assert found["refused_by_pycaret"] == sum(row[8] for row in (*table, *hostile))
    for name, trial in zip(("max_error_table", "max_error_hostile"), both, strict=True):
        counted = [error for error, no in zip(trial.errors, trial.excused, strict=True) if not no]
        assert found[name] == max(counted, default=0.0)


@settings(max_examples=30, deadline=None)
@given(rows)
def test_columns_and_kinds_have_a_record_each_and_no_row_is_lost(listed: list[Any]) -> None:
    trial = trial_of(listed)
    records = tabulate_by_kind(trial)
    pairs = [(row[1], row[2]) for row in listed]
    assert [(r["column"], r["kind"]) for r in records] == list(dict.fromkeys(pairs))
    assert sum(r["rows"] for r in records) == len(listed)
    assert sum(r["failures"] for r in records) == trial.failed.sum()
    for record in records:
        here = [n for n, pair in enumerate(pairs) if pair == (record["column"], record["kind"])]
        errors = np.where(trial.ties | trial.rounded, 0.0, trial.errors)[here]
        assert record["max_error"] == errors.max()


@settings(max_examples=30, deadline=None)
@given(rows)
def test_failures_come_first_among_the_worst(listed: list[Any]) -> None:
    trial = trial_of(listed)
    worst = select_worst_rows(trial)
    assert len(worst) <= WORST
    failed = [row["failed"] for row in worst]
    assert failed == sorted(failed, reverse=True)
    assert sum(failed) == min(WORST, trial.failed.sum())
    rest = [row["error"] for row in worst if not row["failed"]]
    assert rest == sorted(rest, reverse=True)


def test_golden_rows_are_those_that_are_answered_alike_in_every_batch() -> None:
    marks = {name: [place == n for place in range(8)] for n, name in enumerate(FLAGS)}
    trial = plain_trial([0.0] * 6 + [5.0, 0.0], **marks)
    inputs = (Input("x", "number"),)
    golden = build_golden_rows(inputs, trial, trial, BOUNDS)
    assert golden.rows["x"].tolist() == [7, 7]  # the last row of each is the only plain one
    assert golden.tolerance == BOUNDS.exact
    np.testing.assert_array_equal(golden.answers.labels, trial.theirs.labels[[7, 7]])


@pytest.mark.parametrize(("year", "is_written"), [(1678, True), (1677, False)])
def test_dates_that_no_text_can_say_are_no_golden_rows(year: int, is_written: bool) -> None:
    moments = pd.Series(pd.to_datetime([f"{year}-12-04"]))
    trial = plain_trial([0.0], frame=pd.DataFrame({"x": moments}))
    golden = build_golden_rows((Input("x", "date"),), trial, trial, BOUNDS)
    assert len(golden.rows) == 2 * is_written


def test_the_verdict_names_the_kinds_of_rows_that_fail() -> None:
    good, bad = plain_trial([0.5, 0.0]), plain_trial([0.5, 3.0], kinds=["zero", "missing"])
    passed = phrase_verdict(True, summarize_trials(good, good, BOUNDS), [good, good])
    assert "passed on 2 table rows and 2 hostile rows: largest error 5.0e-01" in passed
    failed = phrase_verdict(False, summarize_trials(good, bad, BOUNDS), [good, bad])
    assert "FAILED on 1 of 2 table rows" in failed and failed.endswith("kinds of row: missing")
