"""Names that LightGBM and XGBoost refuse, against both libraries."""

from __future__ import annotations

import inspect
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from pycaret.regression import RegressionExperiment

from pipeline.convert.support.caveat import RunFacts
from pipeline.convert.support.caveats import find_bug_warnings
from pipeline.convert.support.odd_names import LIGHTGBM, ONE_HOT, XGBOOST, find_odd_names


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
    assert find_odd_names(frame, {}) == (*columns, "'<1H' in 'sea'")
    assert find_odd_names(frame, {"max_encoding_ohe": 2}) == columns
    assert find_odd_names(frame, {"preprocess": False}) == ()
    for coded in ({"text_features": ["sea"]}, {"ordinal_features": {"sea": ["in", "near", "<1H"]}}):
        assert find_odd_names(frame, coded) == columns
    many = pd.DataFrame({"sea": [f"{{{i}}}" for i in range(10)]})
    assert find_odd_names(many, {}) == (*(f"'{{{i}}}' in 'sea'" for i in range(3)), "7 more")
    (warning,) = find_bug_warnings(RunFacts(odd_names=find_odd_names(many, {})))
    assert "'{0}' in 'sea', '{1}' in 'sea', '{2}' in 'sea', 7 more" in warning
