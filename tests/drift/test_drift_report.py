"""The verdict on new data in one sentence, and as an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.config.retrain_config import Drift
from pipeline.drift.drift_report import NAMED, ColumnReport, DriftReport, Problem
from pipeline.drift.statistics import Bins, ColumnChange
from pipeline.errors import DataError

BINS = Bins(("a",), np.array([1]), np.array([1]))
PROBLEM = Problem("rows", "3", "at least 10", "Add rows")


def column(
    name: str, *, new: tuple[str, ...] = (), gaps: float = 0.0, **flags: bool
) -> ColumnReport:
    change = ColumnChange(BINS, "chi-squared", 0.0, 1.0, new)
    return ColumnReport(name, "text", change, (0.0, gaps), flags.pop("drifted", False), **flags)


def report(*columns: ColumnReport, problems: tuple[Problem, ...] = ()) -> DriftReport:
    return DriftReport(Path("new.csv"), "y", Drift(), (10, 10), columns, problems, ())


def test_a_column_has_one_verdict_and_drift_is_the_graver_one() -> None:
    assert column("a").verdict == ""
    assert column("a", watched=True).verdict == "watch"
    assert column("a", drifted=True, watched=True).verdict == "drifted"


def test_good_data_is_good() -> None:
    found = report(column("a"), column("y", new=("z",)))
    assert found.text == "no drift in 2 columns"
    assert found.news == ()  # another class of the target is another matter
    found.refuse()


def test_drift_news_and_gaps_are_counted_and_named() -> None:
    found = report(
        column("a", drifted=True), column("b", watched=True), column("c", new=("Ulm",), gaps=0.1)
    )
    assert [each.name for each in found.drifted] == ["a"]
    for clause in (
        "1 of 3 columns drifted: 'a'",
        "1 of 3 columns to watch: 'b'",
        "words never seen in 'c' ('Ulm')",
        "first gaps in 'c'",
    ):
        assert clause in found.text


def test_many_columns_are_not_all_named() -> None:
    found = report(*(column(f"c{k}", drifted=True) for k in range(NAMED + 3)))
    assert f"'c{NAMED - 1}'" in found.text
    assert f"'c{NAMED}'" not in found.text


def test_problems_are_the_verdict_and_the_error() -> None:
    with pytest.raises(DataError) as one:
        report(column("a", drifted=True), problems=(PROBLEM,)).refuse()
    assert one.value.message == "new.csv: rows: got 3, expected at least 10"
    assert one.value.hint == "Add rows"
    both = report(problems=(PROBLEM, PROBLEM))
    assert both.text.startswith("data refused: rows: got 3")
    with pytest.raises(DataError) as two:
        both.refuse()
    assert two.value.details["problems"] == (PROBLEM.message,) * 2
    assert two.value.message.count("Add rows") == 2
