"""Some of the rows, labels and scores alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runtime.predictions import Predictions


@given(st.data(), st.integers(1, 9), st.booleans())
def test_rows_are_taken_as_numpy_takes_them(data: st.DataObject, rows: int, scored: bool) -> None:
    places = data.draw(st.lists(st.integers(-rows, rows - 1)))
    labels = np.array([f"class {k}" for k in range(rows)])
    scores = np.arange(rows * 2.0).reshape(rows, 2) if scored else None
    found = Predictions(labels, scores).at(places)
    assert found.labels.tolist() == [labels[place] for place in places]
    if scores is None:
        assert found.scores is None
    else:
        assert found.scores is not None
        assert found.scores.tolist() == [scores[place].tolist() for place in places]
