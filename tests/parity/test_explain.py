"""The table of explanations: one class each, which a stranger can read."""

from __future__ import annotations

import inspect

from benchmarks.figures import PAGE, explanations
from pipeline.parity.explain import EXPLANATIONS
from pipeline.parity.explanations.explanation import Explanation


def test_every_explanation_is_tried_and_has_an_example_row() -> None:
    assert {type(e) for e in EXPLANATIONS} == set(Explanation.__subclasses__())
    for explanation in EXPLANATIONS:
        assert "Example:" in inspect.cleandoc(type(explanation).__doc__ or "")
    assert len({explanation.name for explanation in EXPLANATIONS}) == len(EXPLANATIONS)


def test_the_page_has_their_table() -> None:
    assert explanations() in PAGE.read_text("utf-8")
