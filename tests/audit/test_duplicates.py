"""Rows on both sides of the holdout, and rows that only look alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.leaks import amounts, classes
from benchmarks.real import Loaded
from tests.audit.stand_in import alarms, early


def test_a_number_of_its_own_hides_no_copied_row() -> None:
    frame, target, task = amounts(150)
    numbers = np.random.default_rng(9).permutation(600)
    copied = pd.concat([frame] * 4, ignore_index=True).assign(order=numbers)
    copied["code"] = [f"A-{n:04d}" for n in numbers]
    for said in (early, alarms):
        found = said(Loaded(copied, target, task))["duplicate rows"]  # type: ignore[operator]
        assert "apart from" in found.text
    assert alarms(Loaded(copied, target, task))["duplicate rows"].level == "red"


def test_of_few_columns_the_target_tells_whether_rows_come_again() -> None:
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"a": random.normal(size=150).round(3), "k": random.choice(list("xyz"), 150)}
    )
    frame["y"] = random.normal(size=150).round(2)
    copied = pd.concat([frame] * 4).sample(frac=1, random_state=1, ignore_index=True)
    assert alarms(Loaded(copied, "y", "regression"))["duplicate rows"].level == "red"
    few = frame.assign(a=random.integers(0, 5, 150))
    assert "duplicate rows" not in alarms(Loaded(few, "y", "regression"), "lr")


def test_rows_of_a_few_categories_meet_by_chance() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.choice(list("xyz"), 600) for name in "abcd"})
    frame["y"] = np.where((frame["a"] == "x") ^ (random.random(600) < 0.2), "p", "q")
    loaded = Loaded(frame, "y", "classification")
    assert "duplicate rows" not in alarms(loaded) and "duplicate rows" not in early(loaded)


def test_rows_of_a_few_categories_that_stand_together_are_those_of_one_person() -> None:
    random = np.random.default_rng(0)
    people = pd.DataFrame({name: random.choice(list("xyz"), 150) for name in "abcd"})
    people["y"] = random.choice(["p", "q"], 150)
    frame = people.loc[people.index.repeat(4)].reset_index(drop=True)
    task = "classification"
    assert "duplicate rows" in early(Loaded(frame, "y", task))
    assert "duplicate rows" in alarms(Loaded(frame, "y", task))
    ordered = frame.sample(frac=1, random_state=0).sort_values(list("abcd"), ignore_index=True)
    assert "duplicate rows" not in early(Loaded(ordered, "y", task))


def test_the_score_on_rows_without_a_twin_is_said() -> None:
    frame, target, task = classes(300)
    random = np.random.default_rng(3)
    frame[target] = random.permutation(frame[target].to_numpy())  # nothing to learn but by heart
    copies = pd.concat([frame, frame.head(150), frame.head(150)], ignore_index=True)
    found = alarms(Loaded(copies, target, task))["duplicate rows"]
    assert found.level == "red" and "on the others" in found.text
