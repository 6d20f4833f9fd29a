"""A model that cannot take the rows is a reason, not an error."""

from __future__ import annotations

import pytest

from tests.gate.models import (
    NAMES,
    check,
    numbers,
    regression,
    verdict,
)

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_champion_that_needs_a_column_that_is_gone_is_compared_by_its_own_holdout() -> None:
    table = numbers()
    ours, theirs = regression(table, names=NAMES[:2]), regression(table)
    found = verdict(ours, theirs, table.holdout.drop(columns="c"))
    text = check(found, "champion").text
    assert "the champion cannot take the rows: it takes 'c', which the rows lack" in text
    assert "PyCaret's own holdout" in text
    assert not found.passed  # c matters
    assert "churn" not in found.figures


def test_a_column_of_another_kind_is_a_reason_not_an_error() -> None:
    table = numbers()
    texts = table.holdout.assign(c="x")
    found = verdict(regression(table, names=NAMES[:2]), regression(table), texts)
    assert "the champion cannot take the rows: row 1, column 'c'" in check(found, "champion").text
