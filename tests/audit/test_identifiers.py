"""Columns that name a row, and amounts, dates and texts that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.leaks import MADE, amounts, classes
from benchmarks.real import Loaded
from tests.audit.stand_in import alarms, early


def test_an_identifier_is_red_only_where_it_carries_the_target() -> None:
    assert alarms(MADE["row number"].bad())["identifier"].level == "red"
    assert alarms(MADE["customer number"].bad(), "lr")["identifier"].level == "amber"


def test_an_amount_by_which_a_table_is_sorted_is_no_number_of_its_rows() -> None:
    frame, target, task = amounts(200)
    amount = np.sort(np.random.default_rng(1).choice(10**6, 200, replace=False))
    assert "identifier" not in early(Loaded(frame.assign(population=amount), target, task))
    assert "identifier" in early(Loaded(frame.assign(customer_id=amount), target, task))


def test_running_numbers_with_gaps_are_seen_by_their_order_alone() -> None:
    frame, target, task = classes()
    numbers = np.cumsum(np.random.default_rng(1).integers(1, 9, len(frame)))
    in_order = Loaded(frame.assign(n=numbers), target, task)
    mixed = frame.assign(n=np.random.default_rng(2).permutation(numbers))
    assert early(in_order)["identifier"].columns == ("n",)
    assert "identifier" not in early(Loaded(mixed, target, task))
    named = Loaded(mixed.rename(columns={"n": "customer_id"}), target, task)
    assert early(named)["identifier"].columns == ("customer_id",)


def test_words_of_which_most_are_met_once_name_rows_and_few_words_do_not() -> None:
    frame, target, task = classes()
    random = np.random.default_rng(4)
    once = [f"name {k}" for k in random.integers(0, 2 * len(frame), len(frame))]
    often = [f"town {k}" for k in random.integers(0, len(frame) // 4, len(frame))]
    found = early(Loaded(frame.assign(name=once, town=often), target, task))
    assert found["identifier"].columns == ("name",)


def test_dates_and_texts_that_are_taken_apart_name_no_rows() -> None:
    frame, target, task = classes()
    days = pd.date_range("2020-01-01", periods=len(frame))
    assert "identifier" not in early(Loaded(frame.assign(day=days), target, task))
    noted = Loaded(frame.assign(note=[f"text {k}" for k in frame.index]), target, task)
    assert "identifier" in early(noted)
    assert "identifier" not in early(noted, text_features=["note"])
