"""Hostile rows hold only what a reader hands on: parity is about the model, not about reading."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.manifest.columns import WORDS, Cells, Input
from pipeline.parity.hostile_rows import make_hostile_rows

FRAME = pd.DataFrame({"word": ["TRUE", "FALSE", "b"] * 3})


@pytest.mark.parametrize("cells", [None, Cells(), Cells(missing=(), true="TRUE", false="FALSE")])
def test_no_text_is_there_that_is_read_as_something_else(cells: Cells | None) -> None:
    column = Input("word", "text", cells=cells)
    texts = make_hostile_rows(FRAME, (column,), {}, seed=1).frame["word"].dropna()
    assert ("nan" in set(texts)) == (cells is None or not cells.missing)
    assert "never seen before" in set(texts)
    assert cells is None or set(texts).isdisjoint(cells.missing)
    assert "nan" in WORDS
