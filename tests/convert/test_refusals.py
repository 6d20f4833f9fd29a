"""What is refused before training raises, says why and what to do; what is refused late is real."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pipeline.convert.late import LATE, Late
from pipeline.convert.notes import MODEL_NOTES, OPTION_NOTES, REQUIREMENTS
from pipeline.convert.refusals import (
    LIMITS,
    REFUSALS,
    Facts,
    Limit,
    Refusal,
    limited,
    refuse,
    shown,
)
from pipeline.errors import ConversionError

CANDIDATES: tuple[Any, ...] = (
    *(True, False, None, "a", ["a"], {"a": ["b"]}, "date", ["date"]),
    *("knn", "catboost", "lr", "drop", "iterative", "HashingEncoder", {"class": "HashingEncoder"}),
)
"""Values that options are refused for; every refusal applies to at least one."""


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: r.argument)
def test_every_refusal_raises_with_its_reason_and_an_alternative(refusal: Refusal) -> None:
    refused = [value for value in CANDIDATES if refusal.applies(value)]
    assert refused
    for value in refused:
        with pytest.raises(ConversionError) as raised:
            refuse({refusal.argument: value})
        assert f"{refusal.argument} = {shown(value)} (" in raised.value.message
        assert refusal.reason in raised.value.message
        assert f"{refusal.argument}: {refusal.instead}" in raised.value.hint
        assert "--no-onnx" in raised.value.hint
        assert raised.value.exit_code == 4


def test_every_refused_argument_is_named_at_once() -> None:
    found = {r.argument: next(v for v in CANDIDATES if r.applies(v)) for r in REFUSALS}
    with pytest.raises(ConversionError) as raised:
        refuse(found)
    assert set(raised.value.details["arguments"]) == found.keys()
    refuse({"train_size": 0.8, "session_id": 1})


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.model)
def test_every_limit_has_a_reason_and_lets_small_tables_through(limit: Limit) -> None:
    assert limit.reason
    assert limit.instead
    assert limit.tables
    assert limited([limit.model], Facts(100, 3)) == ()
    assert limited([limit.model], Facts(10**9, 3)) == (limit,)
    assert limited(["another"], Facts(10**9, 3)) == ()


def test_a_gaussian_process_is_refused_from_the_row_on_that_its_converter_refuses() -> None:
    from types import SimpleNamespace

    import numpy as np

    from pipeline.convert.estimators.gaussian_process import _check_size

    for rows, classes in ((11_585, 2), (11_586, 2), (6_688, 3), (6_689, 3)):
        processes = [SimpleNamespace(X_train_=np.zeros((rows, 1)))] * (1 if classes == 2 else 3)
        try:
            _check_size(processes)
        except ConversionError:
            assert limited(["gpc"], Facts(rows, classes))
        else:
            assert not limited(["gpc"], Facts(rows, classes))


@pytest.mark.parametrize("late", LATE, ids=lambda late: late.what)
def test_what_is_refused_late_is_said_by_the_module_it_names(late: Late) -> None:
    spec = find_spec(f"pipeline.convert.{late.module}")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert "ConversionError" in source
    assert late.says in source
    assert late.instead


def test_every_note_is_a_clause_with_a_text() -> None:
    texts = [note.text for note in (*MODEL_NOTES, *OPTION_NOTES, *REQUIREMENTS)]
    assert all(text and not text.endswith(".") for text in texts)


def test_noted_models_exist() -> None:
    from pipeline.arguments import MODELS

    known = {model for models in MODELS.values() for model in models}
    assert {note.model for note in MODEL_NOTES} | {limit.model for limit in LIMITS} <= known
