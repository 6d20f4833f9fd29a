"""Movement between two sets of answers, against a row-by-row count."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare.prediction_change import (
    SAME,
    measure_distance,
    summarize_class_changes,
    summarize_number_changes,
)
from pipeline.compare.segments import find_moved_segments
from tests.compare.answers import of_classes, of_numbers

PREDICTED = st.none() | st.floats(-1e300, 1e300)


PAIRS = st.lists(st.tuples(PREDICTED, PREDICTED), max_size=40)


LABELS = st.lists(st.tuples(*[st.sampled_from(["", "a", "<b>", "ä\n"])] * 2), max_size=40)


@given(PAIRS)
def test_numbers_are_counted_row_by_row(pairs: list[tuple[float | None, float | None]]) -> None:
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    found = summarize_number_changes(of_numbers(pairs))
    assert found["rows"] == len(known)
    assert found["answered_by_one"] == sum((a is None) != (b is None) for a, b in pairs)
    assert found["changed"] == sum(abs(b - a) > SAME * max(abs(a), abs(b)) for a, b in known)
    if known:
        assert abs(found["largest_change"]) == max(abs(b - a) for a, b in known)
        place = found["largest_row"] - 1
        assert pairs[place][1] - pairs[place][0] == found["largest_change"]  # type: ignore[operator]


@given(LABELS)
def test_flips_are_counted_row_by_row(pairs: list[tuple[str, str]]) -> None:
    found = summarize_class_changes(of_classes(pairs))
    flipped = [pair for pair in pairs if pair[0] != pair[1]]
    assert found["changed"] == len(flipped)
    counted = {(flip["from"], flip["to"]): flip["rows"] for flip in found["flips"]}
    assert counted == {pair: flipped.count(pair) for pair in flipped}
    assert "mean_absolute_change" not in found


def test_a_class_that_a_model_does_not_know_has_no_probability_there() -> None:
    older, newer = np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])  # of a and b, of b and c
    found = of_classes([("b", "c")], (older, newer))
    gaps = [0.25, 0.25, 0.5]
    assert math.isclose(summarize_class_changes(found)["mean_absolute_change"], np.mean(gaps))
    assert summarize_class_changes(found)["largest_change"] == max(gaps)
    assert math.isclose(measure_distance(found)[0], np.mean(gaps))


def test_no_rows_are_no_failure() -> None:
    assert summarize_number_changes(of_numbers([]))["share_changed"] == 0
    assert (
        summarize_class_changes(of_classes([], (np.zeros((0, 2)), np.zeros((0, 2)))))["flips"] == []
    )
    assert find_moved_segments(of_numbers([(None, 1.0)])) == []
