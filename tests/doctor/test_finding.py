"""A finding as JSON, and an error in one line."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.doctor.finding import Finding, describe_error

FINDING = Finding("mlflow.db", "problem", "read-only", "a file to write to", "do something")


def test_a_finding_is_json_without_what_repairs_it() -> None:
    for finding in (FINDING, replace(FINDING, repair=lambda: None, check="store")):
        found = json.loads(json.dumps(finding.as_json()))
        assert found["fixable"] == (finding.repair is not None)
        assert (found["check"], found["subject"]) == (finding.check, "mlflow.db")
        assert "repair" not in found


def test_a_repair_makes_no_other_finding() -> None:
    assert replace(FINDING, repair=lambda: None) == FINDING


@given(st.text())
def test_an_error_is_one_short_line_and_never_nothing(text: str) -> None:
    found = describe_error(ValueError(text))
    assert 0 < len(found) <= 300
    assert len(found.splitlines()) == 1
    assert found == "ValueError" or found in text
