"""PyCaret's answers, asked of a stand-in: dropped, refused and divided rows keep their places."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.manifest import UNANSWERED
from pipeline.parity.pycaret_reference import (
    BESIDE,
    PyCaretAnswers,
    add_companions,
    predict_by_group,
    predict_with_pycaret,
    try_batch,
)
from pipeline.runtime.predictions import Predictions
from tests.parity.stand_in import Task, trained

COMPLETE = pd.DataFrame({"x": [1.0, 2.0]})


def table(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"x": values}, dtype=float)


def test_a_row_that_pycaret_drops_is_unanswered_in_its_place() -> None:
    found = predict_with_pycaret(trained(Task()), table([1, np.nan, 3]), single=False)
    np.testing.assert_array_equal(found.labels, [2.0, np.nan, 4.0])
    assert found.dropped.tolist() == [False, True, False]
    words = predict_with_pycaret(trained(Task("classes")), table([np.nan, 3, 0]), single=True)
    assert words.labels.tolist() == [UNANSWERED["tensor(string)"], "many", "few"]
    assert words.scores is not None
    np.testing.assert_array_equal(words.scores, [[np.nan] * 2, [0.25, 0.75], [0.25, 0.75]])
    assert words.single.all() and not words.refused.any()


@pytest.mark.parametrize(("values", "single"), [([0.5, 2], True), ([1, 2], False)])
def test_the_dtypes_of_a_batch_say_whether_it_is_computed_in_single_precision(
    values: list[float], single: bool
) -> None:
    rows = pd.DataFrame({"x": values})
    found = predict_with_pycaret(trained(Task()), rows.astype(float if single else "int64"))
    assert (found.single == single).all()


def test_rows_of_a_refused_batch_say_why_and_keep_their_number() -> None:
    found = try_batch(trained(Task()), table([1, -1]), single=False)
    assert found.refused.tolist() == [True, True]
    assert found.reasons == ("ValueError: a negative number",)


def test_companions_fill_the_batch_up_and_get_no_answer_of_their_own() -> None:
    task = Task()
    found = try_batch(trained(task), table([5, 6]), COMPLETE, single=False)
    np.testing.assert_array_equal(found.labels, [6.0, 7.0])
    (batch,) = task.batches
    assert batch == [5.0, 6.0, *[1.0, 2.0] * BESIDE]
    assert len(add_companions(COMPLETE.iloc[:0], COMPLETE)) == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([-1.0, 0.0, 1.0, 2.0]), st.integers(0, 2)), min_size=1, max_size=8
    )
)
def test_groups_are_divided_until_only_the_refused_rows_are_left(
    listed: list[tuple[float, int]],
) -> None:
    values, groups = (np.array(part) for part in zip(*listed, strict=True))
    alone = np.arange(len(values))
    found = predict_by_group(trained(Task()), table(values.tolist()), COMPLETE, groups, alone)
    np.testing.assert_array_equal(found.refused, values < 0)
    answered = values >= 0
    np.testing.assert_array_equal(found.labels[answered].astype(float), values[answered] + 1)
    assert len(found.reasons) == int((values < 0).any())


def test_answers_of_somebody_who_refuses_nothing_are_taken_row_by_row() -> None:
    given = Predictions(np.array([1.0, 2.0, 3.0]), np.eye(3))
    found = PyCaretAnswers.of(given).at([2, 0])
    assert found.labels.tolist() == [3.0, 1.0]
    assert found.scores is not None
    np.testing.assert_array_equal(found.scores, np.eye(3)[[2, 0]])
    assert not found.refused.any() and not found.single.any()
