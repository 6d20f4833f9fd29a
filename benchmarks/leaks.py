"""One small table per check of the audit, and its sibling in which there is nothing to find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.real import Loaded

ROWS = 600


class Made(NamedTuple):
    """A table that a check should see through.

    Attributes:
        check: the check that fires.
        column: the column that it names; empty where it concerns the whole model.
        what: what is wrong with the table, for people.
        bad: makes the table.
        clean: makes its sibling.
        include: models to train, lest a better one hide the fault.
    """

    check: str
    column: str
    what: str
    bad: Callable[[], Loaded]
    clean: Callable[[], Loaded]
    include: tuple[str, ...] = ("dt", "lr")


def _random(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def _noise(rows: int = ROWS, seed: int = 5) -> pd.DataFrame:
    random = _random(seed)
    return pd.DataFrame({name: random.normal(size=rows).round(3) for name in "abcd"})


def classes(rows: int = ROWS, seed: int = 5) -> Loaded:
    """Three grades that a and b tell in part."""
    frame, random = _noise(rows, seed), _random(seed + 1)
    level = frame["a"] + frame["b"] + random.normal(size=rows) * 0.7
    frame["grade"] = np.array(["low", "mid", "high"])[np.digitize(level, [-0.7, 0.7])]
    return Loaded(frame, "grade", "classification")


def amounts(rows: int = ROWS, seed: int = 5) -> Loaded:
    """A price that a and b tell in part."""
    frame, random = _noise(rows, seed), _random(seed + 1)
    frame["price"] = (50 + 8 * frame["a"] + 5 * frame["b"] + random.normal(size=rows) * 4).round(2)
    return Loaded(frame, "price", "regression")


def _row_number() -> Loaded:
    frame = classes().frame.sort_values("grade", ignore_index=True)
    frame[["a", "b"]] = _noise(seed=9)[["a", "b"]]
    frame.insert(0, "number", range(1, len(frame) + 1))
    return Loaded(frame, "grade", "classification")


def _customer() -> Loaded:
    frame, target, task = classes()
    names = [f"C-{value:06d}" for value in _random().permutation(900_000)[: len(frame)]]
    return Loaded(frame.assign(customer=names), target, task)


def _recoded() -> Loaded:
    frame, target, task = classes()
    code = frame[target].map({"low": 3, "mid": 1, "high": 2})
    return Loaded(frame.assign(grade_code=code), target, task)


def _in_cents() -> Loaded:
    frame, target, task = amounts()
    return Loaded(frame.assign(cents=(frame[target] * 100).round().astype(int)), target, task)


def _gaps() -> Loaded:
    frame, target, task = classes()
    returned = pd.Series(_random().integers(1, 30, len(frame)).astype(float))
    return Loaded(frame.assign(days=returned.where(frame[target] == "high")), target, task)


def _gaps_by_chance() -> Loaded:
    frame, target, task = classes()
    random = _random(8)
    days = pd.Series(random.integers(1, 30, len(frame)).astype(float))
    return Loaded(frame.assign(days=days.where(random.random(len(frame)) < 0.4)), target, task)


def _afterwards() -> Loaded:
    frame, target, task = amounts()
    tax = (frame[target] * 0.19 + _random(3).normal(size=len(frame)) * 0.15).round(2)
    return Loaded(frame.assign(tax=tax), target, task)


def _copied_rows() -> Loaded:
    frame, target, task = classes(ROWS // 4)
    copies = pd.concat([frame] * 4).sample(frac=1, random_state=1, ignore_index=True)
    return Loaded(copies, target, task)


def _few_yes(pull: float) -> Loaded:
    frame, random = _noise(2000), _random(4)
    level = pull * frame["a"] + random.normal(size=len(frame)) * 0.5
    frame["left"] = np.where(level > level.quantile(0.95), "yes", "no")
    return Loaded(frame, "left", "classification")


def _never() -> Loaded:
    frame, target, task = classes()
    frame.loc[_random(2).permutation(len(frame))[:20], target] = "odd"
    return Loaded(frame, target, task)


def _sum_of_columns() -> Loaded:
    frame = _noise()
    frame["total"] = frame[list("abcd")].sum(axis=1).round(3)
    return Loaded(frame, "total", "regression")


def _curved() -> Loaded:
    frame, random = _noise(), _random(6)
    frame["cost"] = (frame["a"] ** 2 * 10 + 7 * frame["b"] + random.normal(size=ROWS)).round(2)
    frame["a"] = frame["a"].abs().round(3)
    return Loaded(frame, "cost", "regression")


def _outliers() -> Loaded:
    """A few huge amounts, which all lie in the holdout of seed 1."""
    frame, target, task = amounts(240)
    frame.loc[_outlying(frame), target] += 400
    return Loaded(frame, target, task)


def _outlying(frame: pd.DataFrame) -> pd.Index:
    from sklearn.model_selection import train_test_split

    _, held = train_test_split(frame, test_size=0.3, random_state=1)
    return pd.Index(held.index[:8])


def _demand(drift: float) -> Loaded:
    """A demand per day that wanders, or stays."""
    random = _random(6)
    days = pd.date_range("2020-01-01", periods=900)
    weekend, level = days.dayofweek >= 5, np.cumsum(random.normal(size=900) * drift)
    demand = 100 + level + 25 * weekend + random.normal(size=900) * 3
    frame = pd.DataFrame({"day": days, "holiday": weekend, "demand": demand.round(2)})
    return Loaded(frame, "demand", "regression")


MADE: Mapping[str, Made] = {
    "row number": Made(
        "identifier", "number", "a row number in a table sorted by class", _row_number, classes
    ),
    "customer number": Made(
        "identifier", "customer", "a name for each row that says nothing", _customer, classes
    ),
    "recoded target": Made(
        "copy of the target", "grade_code", "the grade as a number", _recoded, classes
    ),
    "other unit": Made("copy of the target", "cents", "the price in cents", _in_cents, amounts),
    "gaps": Made(
        "gaps that tell the target",
        "days",
        "a value that only one class has",
        _gaps,
        _gaps_by_chance,
    ),
    "known afterwards": Made(
        "single column", "tax", "a tax that follows from the price", _afterwards, amounts
    ),
    "copied rows": Made(
        "duplicate rows", "", "each row four times", _copied_rows, classes, ("dt",)
    ),
    "few yes": Made(
        "imbalance",
        "",
        "one row in twenty is yes",
        lambda: _few_yes(0.3),
        lambda: _few_yes(5.0),
        ("dt",),
    ),
    "odd class": Made(
        "classes never predicted",
        "",
        "some rows of a class of their own",
        _never,
        classes,
        ("lr",),
    ),
    "sum": Made("too good", "", "a total of the other columns", _sum_of_columns, amounts),
    "curve": Made(
        "bias", "", "a curve, and only a straight line to fit it", _curved, amounts, ("lr",)
    ),
    "outliers": Made(
        "holdout against folds",
        "",
        "the huge amounts are all in the holdout",
        _outliers,
        amounts,
        ("lr",),
    ),
    "demand": Made(
        "later rows",
        "day",
        "a demand that wanders, whose days before and after a holdout row are known",
        lambda: _demand(3.0),
        lambda: _demand(0.0),
        ("rf",),
    ),
}
