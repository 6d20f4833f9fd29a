"""Other columns and classes are told, another question is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import onnx
import pytest

from tests.gate.models import (
    NAMES,
    check,
    numbers,
    regression,
    verdict,
)
from tests.gate.pairs import pair

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_column_that_the_champion_lacks_is_a_note() -> None:
    table = numbers()
    ours, theirs = regression(table), regression(table, names=NAMES[:2])
    found = verdict(ours, theirs, table.holdout)
    assert found.passed
    assert check(found, "inputs").text == "note: only the challenger takes column 'c'"
    assert found.figures["rows"] == len(table.holdout)


def test_another_target_is_refused() -> None:
    good, _, holdout = pair(0, 1.0)
    model = onnx.load_from_string(good.data)
    (entry,) = model.metadata_props
    entry.value = json.dumps(json.loads(entry.value) | {"target": "price"})
    other = replace(good, model=model.SerializeToString())
    found = verdict(good, other, holdout)
    assert not found.passed
    assert "predicts 'price' by regression, the challenger 'target'" in found.text
