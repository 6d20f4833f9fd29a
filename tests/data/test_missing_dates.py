"""Dates that are missing so often that PyCaret would drop their features are refused in time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.data.missing_dates import MOST_MISSING, check_part, gap_probability
from pipeline.errors import DataError
from tests.data.tables import days, plain, read_file, write


@pytest.mark.parametrize(("share", "fold"), [(0.3, 2), (0.09, 10)])
def test_dates_that_are_missing_too_often_are_refused_before_set_up(
    tmp_path: Path, share: float, fold: int
) -> None:
    texts = days(200).dt.strftime("%Y-%m-%d").where(lambda s: s.index >= share * 200)
    file = write(tmp_path, plain(200, d=[None if pd.isna(t) else t for t in texts]))
    with pytest.raises(DataError, match=rf"column 'd' has no date in {share:.1%}") as caught:
        read_file(file, fold=fold)
    assert "--ignore 'd'" in caught.value.hint
    assert read_file(file, fold=fold, ignore=["d"]).features == ("x", "g")


def test_a_few_folds_that_will_fail_are_said(tmp_path: Path) -> None:
    texts = days(200).dt.strftime("%Y-%m-%d").where(lambda s: s.index >= 6)
    file = write(tmp_path, plain(200, d=[None if pd.isna(t) else t for t in texts]))
    assert any("of the 10 folds" in note for note in read_file(file, fold=10).notes)


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_probability_of_too_many_gaps_is_the_binomial_one(rows: int, share: float) -> None:
    most = int(rows * MOST_MISSING)
    assert gap_probability(rows, share) == pytest.approx(binom.sf(most, rows, share), abs=1e-9)


@pytest.mark.parametrize(("gone", "is_refused"), [(5, False), (6, True)])
def test_a_part_that_lacks_more_than_a_tenth_of_its_dates_is_refused(
    gone: int, is_refused: bool
) -> None:
    rows = pd.DataFrame({"d": days(50), "x": range(50)})
    rows.loc[: gone - 1, "d"] = pd.NaT
    if not is_refused:
        check_part(rows, ["d"], "of fold 1")
        return
    with pytest.raises(DataError, match=r"no date in 6 of the 50 rows of fold 1"):
        check_part(rows, ["d"], "of fold 1")
