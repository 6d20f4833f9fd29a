"""Alarms, and the verdict over all of them."""

from __future__ import annotations

from pipeline.audit import Audit
from tests.audit.stand_in import AMBER, CLEAN, FOUND


def test_the_worst_alarm_is_the_level() -> None:
    assert [a.level for a in (FOUND, Audit(("bias",), (AMBER,)), CLEAN)] == [
        "red",
        "amber",
        "clean",
    ]
    assert CLEAN.text == "3 checks, nothing found"
