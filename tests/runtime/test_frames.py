"""A frame through a graph, as the scorer answers for its columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.runtime.frames import score_rows
from pipeline.runtime.scorer import Scorer
from tests import small_models, tracked


def test_labels_are_those_of_the_scorer_whatever_the_frames_index() -> None:
    scorer, frame = Scorer(small_models.regression()), tracked.frame()
    expected = scorer.predict(frame)["prediction_label"]
    for index in (frame.index, frame.index[::-1], pd.Index(["twice"] * len(frame))):
        found = score_rows(scorer, frame.set_axis(index))
        np.testing.assert_array_equal(found.labels, expected)
        assert found.scores is None


def test_a_classifier_has_scores_in_the_order_of_its_labels() -> None:
    scorer = Scorer(small_models.classification())
    frame = pd.DataFrame({"body mass [kg]": [50.0, np.nan, 120.0]})
    found = score_rows(scorer, frame)
    assert found.scores is not None
    chosen = np.array(scorer.manifest.labels)[found.scores.argmax(axis=1)]
    assert chosen.tolist() == found.labels.tolist() == ["no", "no", "yes"]
