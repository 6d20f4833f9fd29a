"""Who is nearer to what is known."""

from __future__ import annotations

import numpy as np

from pipeline.compare.accuracy import compare_accuracy
from pipeline.compare.paired_scores import PairedScores
from tests.compare.answers import of_numbers


def test_rows_without_a_target_or_an_answer_do_not_count_for_who_is_nearer() -> None:
    pairs: list[tuple[float | None, float | None]] = [(1.0, 2.0), (5.0, 3.0), (None, 9.0), (7, 8)]
    found = of_numbers(pairs)
    actual = np.array([2.0, 3.0, 9.0, np.nan])
    both = PairedScores(found.features, "rows", found.a, found.b, actual, ~np.isnan(actual))
    assert compare_accuracy(both) == {
        **{"error": "mean absolute error", "rows": 2, "a": 1.5, "b": 0.0},
        **{"nearer_a": 0, "nearer_b": 2},
    }
    assert compare_accuracy(found) is None
