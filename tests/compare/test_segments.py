"""The parts of the rows whose predictions have moved most."""

from __future__ import annotations

import pytest

from pipeline.report.bins import FEW_ROWS, split_into_parts
from tests.compare.asked import asked
from tests.compare.conftest import Pair
from tests.report.conftest import HOSTILE_COLUMNS


def test_the_segments_that_moved_most_are_averages_of_their_rows(numbers: Pair) -> None:
    rows = numbers.b.trained.holdout_predictions.reset_index(drop=True)
    older, newer = (asked(e, rows)["prediction_label"] for e in (numbers.a, numbers.b))
    change = (newer - older).abs()
    means = {}
    for name in numbers.b.dataset.features:
        parts = split_into_parts(rows[name])
        for code, segment in enumerate(parts.names):
            inside = change[parts.codes == code]
            if len(inside) >= FEW_ROWS:
                means[name, segment] = (len(inside), inside.mean())
    overall, *found = numbers.compared()["predictions"].values["segments"]
    assert overall["mean_change"] == pytest.approx(change.mean(), rel=1e-9)
    most = sorted(means.items(), key=lambda entry: -entry[1][1])[: len(found)]
    assert [(row["column"], row["segment"]) for row in found] == [place for place, _ in most]
    assert [row["rows"] for row in found] == [size for _, (size, _) in most]
    assert [row["mean_change"] for row in found] == pytest.approx([m for _, (_, m) in most])


def test_hostile_names_of_segments_stay_what_they_are(classes: Pair) -> None:
    found = classes.compared()["predictions"].values["segments"]
    assert {row["column"] for row in found} <= {"", *HOSTILE_COLUMNS}
    assert len(found) > 1
