"""Every model id of PyCaret, on real tables, within the parity contract."""

from __future__ import annotations

import re

import pytest

from benchmarks.parity import PAGE, cases, measure


@pytest.mark.long
@pytest.mark.parametrize(("table", "model"), cases())
def test_every_model_predicts_what_pycaret_predicts(table: str, model: str) -> None:
    figures = measure(table, model)
    assert figures["verdict"] == "pass", (figures["text"], figures["worst"])
    assert figures["flips"] == 0


def test_the_parity_page_lists_every_model_and_no_other() -> None:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    listed = [
        (section.split("\n", 1)[0], model, verdict)
        for section in sections
        for model, verdict in re.findall(r"^\| `(\w+)` \| (\w+) \|", section, flags=re.M)
    ]
    assert listed == [(table, model, "pass") for table, model in cases()]
