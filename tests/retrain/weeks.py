"""A made-up shop's year: one file a week, of which some are bad in ways that happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

WEEKS = 52
NEW_ROWS = 160
WINDOW = 4
"""A file holds the rows of so many weeks."""
MOVED = 36
"""From this week on other customers buy: the rule that decides has changed."""
PLANS = ("basic", "plus", "pro")

SPEC = """
name = "shop"
task = "classification"
target = "plan"
file = "week-01.csv"
numeric = ["age", "spent"]
categorical = ["city", "channel"]
boolean = ["member"]
metric = "Accuracy"
"""

CONFIG = """
include = ["lr", "dt"]
fold = 3
top = 1

[setup]
normalize = true

[gate]
holdout = 0.25
minimum = 0.5

[drift]
max_drifted = 0.6
"""


@dataclass(frozen=True)
class Event:
    """What is wrong with one week's file.

    Attributes:
        spoil: the good file's text in, the bad one's bytes out.
        says: words that the reason of the refusal must hold.
    """

    spoil: Callable[[pd.DataFrame], bytes]
    says: tuple[str, ...]


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _is_cut(frame: pd.DataFrame) -> bytes:
    """A transfer that broke off within a quoted cell."""
    return _csv(frame)[:2000] + b'"half a'


def _is_binary(_: pd.DataFrame) -> bytes:
    return bytes(range(256)) * 64


def _has_other_columns(frame: pd.DataFrame) -> bytes:
    return _csv(frame.rename(columns={"spent": "spent_eur"}))


def _has_text_for_numbers(frame: pd.DataFrame) -> bytes:
    return _csv(frame.assign(spent=frame["spent"].map("about {:.2f}".format)))


def _has_shrunk(frame: pd.DataFrame) -> bytes:
    return _csv(frame.head(len(frame) // 4))


def _lacks_a_class(frame: pd.DataFrame) -> bytes:
    return _csv(frame[frame["plan"] != "pro"])


def _has_gaps(frame: pd.DataFrame) -> bytes:
    return _csv(frame.assign(city=frame["city"].where(np.arange(len(frame)) % 5 < 2)))


EVENTS: Mapping[int, Event] = MappingProxyType(
    {
        6: Event(lambda _: b"", ("empty",)),
        9: Event(_is_binary, ("week-09.csv",)),
        13: Event(_has_shrunk, ("rows",)),
        17: Event(_has_other_columns, ("spent",)),
        21: Event(_lacks_a_class, ("pro",)),
        26: Event(_has_text_for_numbers, ("spent",)),
        31: Event(_is_cut, ("week-31.csv",)),
        45: Event(_has_gaps, ("city", "no value")),
    }
)
UNCHANGED = (4, 24)
"""Weeks whose file is that of the week before."""
NOISY = (11, 12, 40)
"""Weeks in which somebody has filled in half of the plans at random."""


def file(folder: Path, week: int) -> Path:
    """The file of a week, numbered from 1; written if it is not there."""
    path = folder / f"week-{week:02}.csv"
    if path.exists():
        return path
    if week in UNCHANGED:
        path.write_bytes(file(folder, week - 1).read_bytes())
        return path
    frame = table(week)
    event = EVENTS.get(week)
    path.write_bytes(_csv(frame) if event is None else event.spoil(frame))
    return path


def table(week: int) -> pd.DataFrame:
    """The rows of the last weeks, the newest last."""
    return pd.concat([_sold(k) for k in range(week - WINDOW + 1, week + 1)], ignore_index=True)


def _sold(week: int) -> pd.DataFrame:
    """One week's customers; spending rises over the year and with Christmas."""
    random = np.random.default_rng(1000 + week)
    age = random.integers(18, 80, NEW_ROWS)
    spent = random.gamma(2.0, 30.0 * (1 + week / 200), NEW_ROWS).round(2)
    city = random.choice(["Aachen", "Köln", "Trier", "Ulm"], NEW_ROWS, p=[0.4, 0.3, 0.2, 0.1])
    channel = random.choice(["shop", "web", "phone"], NEW_ROWS)
    member = random.random(NEW_ROWS) < 0.4
    leaning = age / 20 if week < MOVED else (80 - age) / 20
    score = leaning + spent / 50 + member + (channel == "web") + random.normal(0, 0.5, NEW_ROWS)
    plan = np.select([score < 3.5, score < 5.5], PLANS[:2], PLANS[2])
    if week in NOISY:
        plan = np.where(random.random(NEW_ROWS) < 0.5, random.choice(PLANS, NEW_ROWS), plan)
    known = random.random(NEW_ROWS) > 0.05
    return pd.DataFrame(
        {
            "age": age,
            "spent": spent,
            "city": np.where(known, city, None),
            "channel": channel,
            "member": member,
            "plan": plan,
        }
    )
