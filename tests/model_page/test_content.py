"""What a page holds: nothing of columns that may be personal, and answers to what is left."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.manifest.columns import Known
from pipeline.model_page.content import (
    describe_model,
    find_feed_obstacle,
    withhold_columns,
)
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven


def test_withheld_columns_are_empty_and_the_graph_was_asked_again(tmp_path: Path) -> None:
    file = proven.regression(tmp_path)
    golden = json.loads(file.with_name("golden.json").read_text(encoding="utf-8"))
    assert withhold_columns(file.read_bytes(), golden, []) == golden
    found = withhold_columns(file.read_bytes(), golden, ["smoker"])
    assert found["inputs"] == {**golden["inputs"], "smoker": [None] * len(golden["kinds"])}
    answers = Scorer(file).predict(found["inputs"])["prediction_label"]
    np.testing.assert_array_equal(found["expected"]["prediction_label"], answers)
    assert found["graph"]["expected"] == found["expected"]


def test_nanoseconds_are_text_that_javascript_reads_exactly(tmp_path: Path) -> None:
    manifest = Scorer(proven.regression(tmp_path)).manifest
    edge = Known(None, 2**60 + 1, 2**60 + 3)
    inputs = tuple(
        replace(each, known=edge) if each.kind == "date" else each for each in manifest.inputs
    )
    record = describe_model(replace(manifest, inputs=inputs), ())["manifest"]
    (date,) = (each for each in record["inputs"] if each["kind"] == "date")
    assert date["known"]["minimum"] == str(2**60 + 1)


def test_dates_in_words_are_an_obstacle(tmp_path: Path) -> None:
    manifest = Scorer(proven.regression(tmp_path)).manifest
    assert find_feed_obstacle(manifest) == ""
    assert "feed contract" in find_feed_obstacle(replace(manifest, feed={}))
    worded = {**manifest.feed["grammars"], "joined": [{"strptime": "%d %B %Y"}]}
    feed = {**manifest.feed, "grammars": worded}
    assert "%d %B %Y" in find_feed_obstacle(replace(manifest, feed=feed))
