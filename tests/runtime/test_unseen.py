"""What the model has never seen is counted where it is, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.known_values import summarize_known
from pipeline.manifest.columns import Cells, Input, Known
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.unseen import Tally, Unseen, UnseenError
from tests.small_models import regression, ruled

DAY = pd.Timestamp("2020-01-01").value
AGE = Input("age", "number", Cells(), Known(minimum=18, maximum=64))
REGION = Input("region", "text", Cells(), Known(categories=("east", "west")))
SINCE = Input("since", "date", Cells(), Known(minimum=DAY, maximum=DAY + 1, missing=True))
FREE = Input("note", "text", Cells(), Known(missing=True))
OLD = Input("old", "number")


def counted(column: Input, *values: Any, **place: Any) -> tuple[Unseen, ...]:
    tally = Tally([column])
    tally.add({column.name: list(values)}, {column.name: make_feed(column, list(values))}, **place)
    return tally.found


def test_each_kind_of_unseen_is_counted_with_place_and_examples() -> None:
    assert counted(AGE, 20, 17, 99.5, "NA", None, 64) == (
        Unseen("age", "missing", 2, 4),
        Unseen("age", "range", 2, 2, None, ("17", "99.5")),
    )
    assert counted(REGION, "west", "north", "", "north", "x") == (
        Unseen("region", "missing", 1, 3),
        Unseen("region", "category", 3, 2, None, ("'north'", "'x'")),
    )
    days = ("2020-01-01", "2021-02-30", "", "2019-12-31", date(9999, 1, 1))
    assert counted(SINCE, *days, first=10, lines=range(12, 17)) == (
        Unseen("since", "no date", 2, 12, 13, ("'2021-02-30'", "datetime.date(9999, 1, 1)")),
        Unseen("since", "range", 1, 14, 15, ("2019-12-31T00:00:00",)),
    )


def test_what_training_saw_is_not_counted() -> None:
    assert counted(AGE, 18, 64.0, "30") == ()
    assert counted(REGION, "east", "west") == ()
    assert counted(SINCE, "2020-01-01", "", None) == ()
    assert counted(FREE, "any", "", None) == ()
    assert counted(OLD, 1e9, "", None) == ()


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(-1e6, 1e6), st.none() | st.text("abc", min_size=1, max_size=2)
        ),
        min_size=1,
    )
)
def test_a_table_that_training_saw_holds_nothing_unseen(rows: list[Any]) -> None:
    frame = pd.DataFrame(rows, columns=["n", "t"]).astype({"n": float, "t": object})
    inputs = [
        Input("n", "number", Cells(), summarize_known(frame["n"])),
        Input("t", "text", Cells(), summarize_known(frame["t"])),
    ]
    tally = Tally(inputs)
    columns = {name: frame[name] for name in ("n", "t")}
    tally.add(columns, {column.name: make_feed(column, columns[column.name]) for column in inputs})
    assert tally.found == ()


def test_counts_of_batches_add_up() -> None:
    tally = Tally([AGE])
    for first in (0, 2):
        lines = (first + 2, first + 3)
        tally.add({"age": [5, 20]}, {"age": np.array([[5.0], [20.0]])}, first, lines)
    assert tally.found == (Unseen("age", "range", 2, 1, 2, ("5",)),)
    with pytest.raises(UnseenError, match=r"'age': 2 rows have .* \(first row 1 \(line 2\)\): 5"):
        tally.refuse()
    Tally([AGE]).refuse()


def test_a_scorer_counts_what_a_frame_holds() -> None:
    frame = pd.DataFrame(
        {
            "body mass [kg]": [80.0, 900.0],
            "smoker": ["often", "yes"],
            "member": [True, False],
            "joined": ["2000-01-01", "9999-12-31"],
            "other": [1, 2],
        }
    )
    assert Scorer(regression()).unseen(frame.assign(joined="2000-01-01")) == ()
    found = Scorer(ruled()).unseen(frame)
    assert [(one.column, one.what, one.count, one.row) for one in found] == [
        ("body mass [kg]", "range", 1, 2),
        ("smoker", "category", 1, 1),
        ("joined", "no date", 1, 2),
    ]
