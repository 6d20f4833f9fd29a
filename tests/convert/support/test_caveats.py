"""The table of refusals and remarks: each row applies to some runs and not to others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.convert.support.caveat import Caveat, CaveatKind, RunFacts
from pipeline.convert.support.caveats import CAVEATS, find_caveats
from pipeline.errors import ConversionError

VALUES: tuple[Any, ...] = (
    *(True, False, None, "a", ["a"], {"a": ["b"]}, "date", ["date"]),
    *("knn", "catboost", "lr", "kernel", "iterative", {"class": "HashingEncoder"}),
)
"""Values of options; every caveat about options applies to at least one."""


def _of_kind(*kinds: CaveatKind) -> list[Caveat]:
    return [row for row in CAVEATS if row.kind in kinds]


@pytest.mark.parametrize(
    "row",
    _of_kind(CaveatKind.refused_option, CaveatKind.noted_option, CaveatKind.contrib),
    ids=lambda row: f"{row.kind.name}, {row.subject} = {row.values[:20]}",
)
def test_every_caveat_of_an_option_applies_to_some_of_its_values(row: Caveat) -> None:
    found = [value for value in VALUES if row.applies(RunFacts({row.subject: value}))]
    assert 0 < len(found) < len(VALUES)
    assert not row.applies(RunFacts({"train_size": 0.8}))


@pytest.mark.parametrize("row", _of_kind(CaveatKind.refused_model), ids=lambda row: row.subject)
def test_every_limit_lets_small_tables_through(row: Caveat) -> None:
    assert row.instead
    assert not row.applies(RunFacts())
    assert not row.applies(RunFacts(rows=100, classes=3))
    assert row.applies(RunFacts(rows=10**9, classes=3))


def test_a_gaussian_process_is_refused_from_the_row_on_that_its_converter_refuses() -> None:
    from pipeline.convert.estimators.gaussian_process import _check_size

    for rows, classes in ((11_585, 2), (11_586, 2), (6_688, 3), (6_689, 3)):
        processes = [SimpleNamespace(X_train_=np.zeros((rows, 1)))] * (1 if classes == 2 else 3)
        found = find_caveats(RunFacts(rows=rows, classes=classes), CaveatKind.refused_model)
        try:
            _check_size(processes)
        except ConversionError:
            assert "gpc" in {row.subject for row in found}
        else:
            assert not list(found)


def test_every_remark_is_a_clause_with_a_text() -> None:
    texts = [row.text for row in CAVEATS if row.kind is not CaveatKind.pycaret_bug]
    assert all(text and not text.endswith(".") for text in texts)


def test_models_with_a_caveat_exist() -> None:
    from pipeline.tasks import TASKS

    known = {model for task in TASKS.values() for model in task.models}
    assert {
        row.subject for row in _of_kind(CaveatKind.noted_model, CaveatKind.refused_model)
    } <= known
