"""Each fault on docs/known-faults.md is still there, and each warning has its section."""

from __future__ import annotations

import inspect
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pycaret.regression import RegressionExperiment

from pipeline.convert.support.pycaret_bugs import (
    FAULTS,
    LIGHTGBM,
    ONE_HOT,
    XGBOOST,
    Circumstances,
    odd_names,
    warnings_for,
)
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
    assert {fault.section for fault in FAULTS} <= SECTIONS.keys()
    assert len({fault.warning for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    ("known", "word"),
    [
        (Circumstances({"imputation_type": "iterative"}), "iterative imputation"),
        (Circumstances({"numeric_imputation": "drop"}), "drop imputation"),
        (Circumstances({"categorical_imputation": "drop"}), "drop imputation"),
        (Circumstances({"encoding_method": "LeaveOneOutEncoder"}), "far too good"),
        (Circumstances({"encoding_method": {"class": "CatBoostEncoder"}}), "far too good"),
        (Circumstances({"custom_pipeline": ["PCA", "CatBoostEncoder"]}), "far too good"),
        (Circumstances({"text_features": ["note"]}), "one text is missing"),
        (Circumstances({}, dates=("day",)), "no date"),
        (Circumstances({"date_features": ["day"]}), "no date"),
    ],
)
def test_a_fault_that_can_touch_a_run_is_warned_of(known: Circumstances, word: str) -> None:
    (warning,) = warnings_for(known)
    assert word in warning


def _takes(model: Any, name: str) -> bool:
    try:
        model.fit(pd.DataFrame({name: np.arange(40.0), "beside": 0.0}), np.arange(40) % 2)
        deepcopy(model)  # as PyCaret does
    except Exception:  # noqa: BLE001  LightGBM's and XGBoost's have no common base
        return False
    return True


def test_the_characters_are_those_that_lightgbm_and_xgboost_refuse() -> None:
    from lightgbm import LGBMClassifier
    from xgboost import XGBClassifier

    lightgbm, xgboost = LGBMClassifier(n_estimators=1, verbose=-1), XGBClassifier(n_estimators=1)
    typed = [*(chr(code) for code in range(32, 127)), *"\t\n\v\f\r\x85\u2028"]
    assert {c for c in typed if not _takes(lightgbm, f"a{c}b")} == LIGHTGBM
    assert {c for c in typed if not _takes(xgboost, f"a{c}b")} == XGBOOST


def test_columns_get_numbers_from_as_many_categories_on_as_in_pycaret() -> None:
    setup = inspect.signature(RegressionExperiment.setup).parameters
    assert setup["max_encoding_ohe"].default == ONE_HOT


def test_names_that_boosters_refuse_are_named() -> None:
    frame = pd.DataFrame(
        {
            "a<5": [1.0, 2.0, 3.0],
            "b:c": [1.0, 2.0, 3.0],  # PyCaret cleans this
            "d\n(e)": [1.0, 2.0, 3.0],
            "sea": ["<1H", "in", "near"],
            "two": ["[x]", "y", "y"],  # a number, not columns
        }
    )
    columns = ("the column 'a<5'", r"the column 'd\n(e)'")
    assert odd_names(frame, {}) == (*columns, "'<1H' in 'sea'")
    assert odd_names(frame, {"max_encoding_ohe": 2}) == columns
    assert odd_names(frame, {"preprocess": False}) == ()
    for coded in ({"text_features": ["sea"]}, {"ordinal_features": {"sea": ["in", "near", "<1H"]}}):
        assert odd_names(frame, coded) == columns
    many = pd.DataFrame({"sea": [f"{{{i}}}" for i in range(10)]})
    assert odd_names(many, {}) == (*(f"'{{{i}}}' in 'sea'" for i in range(3)), "7 more")
    (warning,) = warnings_for(Circumstances({}, odd=odd_names(many, {})))
    assert "'{0}' in 'sea', '{1}' in 'sea', '{2}' in 'sea', 7 more" in warning


def test_nothing_is_warned_of_where_no_fault_can_touch_the_run() -> None:
    setup = {"imputation_type": "simple", "numeric_imputation": "mean", "text_features": []}
    setup |= {"encoding_method": "TargetEncoder", "custom_pipeline": ["StandardScaler"]}
    assert warnings_for(Circumstances(setup)) == ()
