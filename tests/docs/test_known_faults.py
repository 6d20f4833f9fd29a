"""Each fault on docs/known-faults.md is still there, and each warning has its section."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.convert.support.caveat import CaveatKind, RunFacts
from pipeline.convert.support.caveats import CAVEATS, find_bug_warnings
from tests.commands import ROOT

PAGE = (ROOT / "docs" / "known-faults.md").read_text(encoding="utf-8")
INTRODUCTION, *_SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
SECTIONS = {text.partition("\n")[0]: text for text in _SECTIONS}
FIRST = "A saved model half-reads with `pickle`"
"""One that is quick enough for every run of the tests."""


def code(text: str) -> str:
    (found,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize(
    "section",
    [pytest.param(s, marks=[] if s == FIRST else pytest.mark.long) for s in SECTIONS],
)
def test_the_fault_is_still_there(
    section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"INSURANCE": ROOT / "datasets" / "insurance.csv"}
    exec(code(INTRODUCTION), space)
    exec(code(SECTIONS[section]), space)


def test_every_section_says_what_the_pipeline_does() -> None:
    assert [name for name, text in SECTIONS.items() if "\nHere: " not in text] == []


def test_every_warning_has_its_section() -> None:
    faults = [row for row in CAVEATS if row.kind is CaveatKind.pycaret_bug]
    assert {row.subject for row in faults} <= SECTIONS.keys()
    assert len({row.text for row in faults}) == len(faults)


@pytest.mark.parametrize(
    ("known", "word"),
    [
        (RunFacts({"imputation_type": "iterative"}), "iterative imputation"),
        (RunFacts({"numeric_imputation": "drop"}), "drop imputation"),
        (RunFacts({"categorical_imputation": "drop"}), "drop imputation"),
        (RunFacts({"encoding_method": "LeaveOneOutEncoder"}), "far too good"),
        (RunFacts({"encoding_method": {"class": "CatBoostEncoder"}}), "far too good"),
        (RunFacts({"custom_pipeline": ["PCA", "CatBoostEncoder"]}), "far too good"),
        (RunFacts({"text_features": ["note"]}), "one text is missing"),
        (RunFacts(dates=("day",)), "no date"),
        (RunFacts({"date_features": ["day"]}), "no date"),
    ],
)
def test_a_fault_that_can_touch_a_run_is_warned_of(known: RunFacts, word: str) -> None:
    (warning,) = find_bug_warnings(known)
    assert word in warning


def test_nothing_is_warned_of_where_no_fault_can_touch_the_run() -> None:
    setup = {"imputation_type": "simple", "numeric_imputation": "mean", "text_features": []}
    setup |= {"encoding_method": "TargetEncoder", "custom_pipeline": ["StandardScaler"]}
    assert find_bug_warnings(RunFacts(setup)) == ()
