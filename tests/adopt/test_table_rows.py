from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.adopt.table_rows import (
    make_model_input,
    make_plain,
    restore_dtypes,
    select_model_columns,
)
from pipeline.errors import DataError, UsageError
from tests.adopt.tables import NUMBERS, fit_numbers, make_table


def test_the_models_own_columns_are_chosen_in_its_order() -> None:
    assert select_model_columns(fit_numbers(), make_table()[["kind", *NUMBERS[::-1]]]) == NUMBERS


def test_a_column_that_the_sample_lacks_is_named() -> None:
    with pytest.raises(UsageError, match="age"):
        select_model_columns(fit_numbers(), make_table().drop(columns="age"))


def test_a_model_without_names_reads_an_array_of_as_many_columns() -> None:
    frame = make_table().dropna()
    model = fit_numbers().fit(frame[NUMBERS].to_numpy(), frame["kind"])
    assert select_model_columns(model, frame[NUMBERS]) == NUMBERS
    assert isinstance(make_model_input(model, frame, NUMBERS), np.ndarray)
    with pytest.raises(UsageError, match="5 columns"):
        select_model_columns(model, frame)


def test_nullable_and_categorical_columns_become_numpys_own() -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "text": pd.array(["a", None], dtype="string"),
            "category": pd.Categorical(["a", None]),
            "flag": pd.array([True, False], dtype="boolean"),
        }
    )
    plain = make_plain(frame)
    assert [each.kind for each in plain.dtypes] == ["f", "O", "O", "b"]
    assert plain.isna().to_numpy().tolist()[1] == [True, True, True, False]


def test_objects_that_are_no_text_are_refused() -> None:
    with pytest.raises(DataError, match=r"'mixed' .* True"):
        make_plain(pd.DataFrame({"mixed": ["a", True]}))


def test_hostile_rows_get_the_samples_single_precision_back() -> None:
    like = pd.DataFrame({"single": np.ones(1, np.float32), "double": [1.0], "text": ["a"]})
    rows = pd.DataFrame({"single": [0.1], "double": [0.1], "text": [None]})
    made = restore_dtypes(rows, like)
    assert [made["single"].dtype, made["double"].dtype] == [np.float32, np.float64]
    assert made["text"].tolist() != [None]
