"""Failing rows are asked for again in other batches, and only an answer that agrees counts."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.explanation import Explanation, ask_again, split_by_dtypes
from pipeline.parity.trial import Trial
from tests.parity.stand_in import Task, trained
from tests.parity.trials import plain_trial

BOUNDS = Bounds(exact=1e-9, single=1e-5, scale=1.0)
DATA = pd.DataFrame({"x": [1, 2], "n": [3, 4], "part": [0.5, 1.5]})


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.0, 7.0, -1.5, np.nan, 1e300])] * 3), min_size=1, max_size=9
    )
)
def test_rows_are_divided_by_which_of_their_integers_are_whole(cells: list[Any]) -> None:
    rows = pd.DataFrame(cells, columns=["x", "n", "part"])
    batches = split_by_dtypes(rows, trained(Task(), DATA))
    places = np.concatenate([place for place, _ in batches])
    assert sorted(places) == list(range(len(rows)))
    for place, batch in batches:
        pd.testing.assert_frame_equal(batch.astype(float), rows.iloc[place], check_exact=True)
        for name in ("x", "n"):
            whole = (rows[name].iloc[place] % 1 == 0) & (rows[name].iloc[place].abs() < 2.0**62)
            assert (batch[name].dtype == np.int64) == whole.all()
            assert whole.all() or not whole.any()
        assert batch["part"].dtype == float


def failing() -> Trial:
    """Two of four rows fail, though the stand-in, which answers x + 1, agrees with one of them."""
    frame = pd.DataFrame({"x": [-1.0, 0.0, 1.0, 5.0]})  # the answers of the graph are 0, 1, 2, 3
    trial = plain_trial([0.0, 9.0, 0.1, 9.0], frame=frame)
    rows = replace(trial.rows, beside=frame.iloc[1:])
    return replace(trial, rows=rows, bounds=np.full(4, 0.1))


def test_a_row_that_another_batch_answers_alike_fails_no_more() -> None:
    trial = failing()
    batches = [(np.array([n]), trial.rows.frame.iloc[[place]]) for n, place in enumerate((1, 3))]
    found = ask_again(trained(Task()), trial, BOUNDS, batches)
    assert trial.failed.tolist() == [False, True, False, True]
    assert found.failed.tolist() == [False, False, False, True]
    assert found.regrouped.tolist() == [False, True, False, False]
    assert found.errors.tolist() == [0.0, 0.0, 0.1, 9.0]


def test_a_batch_that_pycaret_refuses_proves_nothing() -> None:
    trial = failing()
    refused = trial.rows.frame.iloc[[1, 0]]  # the stand-in refuses negative numbers
    found = ask_again(trained(Task()), trial, BOUNDS, [(np.array([0, 1]), refused)])
    np.testing.assert_array_equal(found.failed, trial.failed)
    assert not found.regrouped.any()


@pytest.mark.parametrize(("most", "applies"), [(0, True), (1, False), (2, True)])
def test_an_explanation_of_few_rows_is_tried_for_no_more(most: int, applies: bool) -> None:
    own: Any = SimpleNamespace(most=most)  # a class of its own would be one more explanation
    assert Explanation.applies(own, trained(Task()), failing()) == applies
    assert Explanation.applies(own, trained(Task()), plain_trial([0.0])) == (most == 0)
