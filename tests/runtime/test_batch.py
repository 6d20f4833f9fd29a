"""Some rows of a table, as the feeds take them."""

from __future__ import annotations

from pandas._libs.parsers import STR_NA_VALUES

from pipeline.runtime.batch import MISSING


def test_missing_is_what_pandas_takes_for_missing() -> None:
    assert MISSING == STR_NA_VALUES
