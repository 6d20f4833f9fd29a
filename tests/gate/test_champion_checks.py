"""On which rows the challenger and the champion are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from pipeline.gate.holdout import SeenRows
from pipeline.runtime.scorer import Scorer
from tests.gate.models import (
    TARGET,
    check,
    numbers,
    regression,
    verdict,
)
from tests.gate.pairs import broken, pair

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_rows_that_the_champion_has_seen_are_left_out() -> None:
    good, bad, holdout = pair(0, 1.0)
    half = len(holdout) // 2
    known = replace(bad, seen=SeenRows.of(pd.concat([numbers().train, holdout[:half]])))
    found = verdict(good, known, holdout)
    assert found.figures["rows"] == len(holdout) - half
    rest = holdout[half:]
    expected = r2_score(rest[TARGET], Scorer(bad.data).score_frame(rest)["prediction_label"])
    assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seen", ["all", "unknown", "another table's"])
def test_without_unseen_rows_pycarets_own_holdouts_are_compared(seen: str) -> None:
    good, bad, holdout = pair(0, 1.0)
    whole = pd.concat([numbers().train, holdout])
    known = {
        "all": SeenRows.of(whole),
        "unknown": None,
        "another table's": SeenRows.of(whole.assign(gone=1)),
    }[seen]
    for challenger, champion in (
        (good, replace(bad, seen=known)),
        (bad, replace(good, seen=known)),
    ):
        found = verdict(challenger, champion, holdout)
        assert found.passed == (challenger is good)
        text = check(found, "champion").text
        assert "PyCaret's own holdout of 100 rows, the same for both" in text
        assert "only 0 of 200 holdout rows are known to be new to both" in text
        kept = champion.holdout
        assert kept is not None
        expected = r2_score(kept[TARGET], kept["prediction_label"])
        assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


def test_own_holdouts_of_the_same_rows_are_compared_row_by_row_in_any_order() -> None:
    good, slightly, holdout = pair(0, 0.25)
    few, kept = holdout.head(0), good.holdout
    assert kept is not None
    shuffled = replace(good, holdout=kept.sample(frac=1.0, random_state=3))
    found = verdict(slightly, shuffled, few)
    assert not found.passed
    expected = r2_score(kept[TARGET], kept["prediction_label"])
    assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)
    assert verdict(good, shuffled, few).figures["gain"] == pytest.approx(0, abs=1e-12)


def test_other_rows_refuse_only_what_is_surely_worse() -> None:
    good, slightly, holdout = pair(0, 0.25)
    few, kept = holdout.head(10), good.holdout
    assert kept is not None
    good = replace(good, holdout=kept.iloc[1:])
    assert verdict(slightly, good, few).figures["gain"] < 0
    assert verdict(slightly, good, few).passed
    assert not verdict(regression(numbers(), off=2.0), good, few).passed


def test_nothing_to_compare_on_is_no_reason_to_promote() -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, replace(bad, seen=None, holdout=None), holdout)
    assert not found.passed
    assert "nothing to compare with the champion on: only 0 of 200" in found.text


@pytest.mark.parametrize("how", ["no file", "empty", "half", "noise", "no numbers"])
def test_a_broken_champion_blocks_nobody(how: str, tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(bad, broken(good, how, tmp_path), holdout, max_churn=0.0)
    assert found.passed
    assert "warning: the champion cannot be scored" in check(found, "champion").text
    assert "gain" not in found.figures


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_flipped_byte_in_the_champion_never_raises(place: int, value: int) -> None:
    good, bad, holdout = pair(0, 1.0)
    data = bytearray(bad.data)
    data[place % len(data)] = value
    assert verdict(good, replace(bad, model=bytes(data)), holdout.head(40)).checks
