"""Golden rows: a varied sample, and JSON that any other runtime can read."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.manifest import LABEL, SCORE
from pipeline.manifest.columns import Input
from pipeline.parity.golden_rows import LARGEST_SAMPLE, GoldenRows, choose_golden_rows
from pipeline.runtime.predictions import Predictions

WORDS = st.sampled_from("abc")


@given(st.lists(st.tuples(WORDS, WORDS, st.booleans()), min_size=1, max_size=400))
def test_a_sample_holds_each_column_and_kind_and_only_usable_rows(
    listed: list[tuple[str, str, bool]],
) -> None:
    columns, kinds, usable = (np.array(part) for part in zip(*listed, strict=True))
    picked = choose_golden_rows(columns, kinds, usable)
    assert len(picked) == len(set(picked)) == min(usable.sum(), LARGEST_SAMPLE)
    assert usable[picked].all()
    there = {
        pair
        for pair, is_usable in zip(zip(columns, kinds, strict=True), usable, strict=True)
        if is_usable
    }
    assert {(columns[n], kinds[n]) for n in picked} == there


def test_the_text_is_strict_json_that_gives_every_cell_back() -> None:
    inputs = (Input("n", "number"), Input("t", "text"), Input("b", "boolean"), Input("d", "date"))
    days = pd.to_datetime(["2021-03-04T05:06:07.123456789", None])
    rows = pd.DataFrame(
        {"n": [0.1, np.nan], "t": ["ü \u2028", None], "b": [True, False], "d": days, "more": 1}
    )
    scores = np.array([[0.1 + 0.2, 0.7], [1.0, 0.0]])
    answers = Predictions(np.array([np.int64(0), np.int64(1)], dtype=object), scores)
    golden = GoldenRows(inputs, rows, ("table", "gap"), answers, answers, 1e-9, 0.5)
    text = golden.to_json()
    found = json.loads(text, parse_constant=lambda word: word / 0)  # no NaN, no Infinity
    assert found["inputs"] == {
        "n": [0.1, None],
        "t": ["ü \u2028", None],
        "b": [True, False],
        "d": [days[0].isoformat(), None],
    }
    assert pd.Timestamp(found["inputs"]["d"][0]) == days[0]
    for expected in (found["expected"], found["graph"]["expected"]):
        assert expected == {LABEL: [0, 1], SCORE: scores.tolist()}
    assert (found["kinds"], found["tolerance"], found["scale"]) == (["table", "gap"], 1e-9, 0.5)
