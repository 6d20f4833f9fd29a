"""Cells of a request to one of our models arrive as they came; other models are left alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.pyfunc import scoring_server
from mlflow.types import ColSpec, Schema

from pipeline.errors import DataError
from pipeline.serving.limits import Limits, TooMuchError, apply_limits
from pipeline.serving.requests import LINES, LOADERS, READER, bad_request, read_by_model

OURS = "tests.a_loader"
REPLACED = (
    (Model, "get_input_schema"),
    (mlflow.pyfunc, "_validate_prediction_input"),
    *(
        (scoring_server, name)
        for name in (
            *("infer_and_parse_data", "parse_csv_input", "parse_parquet_input", "invocations"),
            "_async_catch_mlflow_exception",
        )
    ),
)


@pytest.fixture(scope="module", autouse=True)
def _mlflow_as_before() -> Iterator[None]:
    before = [(place, name, getattr(place, name)) for place, name in REPLACED]
    read_by_model(OURS)
    yield
    for place, name, original in before:
        setattr(place, name, original)


def schema(reader: str | None) -> Schema:
    found = Schema([ColSpec("double", "n"), ColSpec("boolean", "b")])
    if reader:
        setattr(found, READER, reader)
    return found


def test_mlflows_functions_are_replaced_once_however_often_a_model_is_loaded() -> None:
    first = [getattr(place, name) for place, name in REPLACED]
    read_by_model(OURS)
    assert [getattr(place, name) for place, name in REPLACED] == first
    assert all(OURS in getattr(function, LOADERS) for function in first)


ROWS = [{"n": 1, "b": "false"}, {"n": None, "b": None}]
JSON = {
    "dataframe_split": {"columns": ["n", "b"], "data": [[1, "false"], [None, None]]},
    "dataframe_records": ROWS,
    "instances": ROWS,
    "inputs": {"n": [1, None], "b": ["false", None]},
}


@pytest.mark.parametrize("form", JSON)
def test_cells_are_not_cast(form: str) -> None:
    found = scoring_server.infer_and_parse_data({form: JSON[form]}, schema(OURS))
    frame = pd.DataFrame(found, dtype=object)
    assert frame.astype(object).where(frame.notna(), None).to_dict("records") == ROWS


def test_another_models_cells_are_cast_as_ever() -> None:
    found = scoring_server.infer_and_parse_data(
        {"dataframe_records": [{"n": 1.0, "b": True}]}, schema(None)
    )
    assert (found["n"].dtype, found["b"].dtype) == (np.dtype(float), np.dtype(bool))


@pytest.mark.parametrize(
    "table",
    [
        *({"columns": ["n"], "data": [[1], []]}, {"columns": ["n"], "data": [[1, 2]]}),
        *({"columns": "n", "data": [[1]]}, {"columns": [["n"]], "data": [[1]]}),
        *({"columns": ["n"], "data": "1"}, {"columns": ["n"], "data": [1]}),
    ],
)
def test_a_split_table_that_is_ragged_is_not_filled_up(table: dict[str, Any]) -> None:
    with pytest.raises(MlflowException, match="dataframe_split") as caught:
        scoring_server.infer_and_parse_data({"dataframe_split": table}, schema(OURS))
    assert caught.value.get_http_status_code() == 400


def test_cells_of_csv_are_text_and_know_their_lines() -> None:
    text = '\ufeffn,b\n1.50,false\n\n"NA\n",\n'
    found = scoring_server.parse_csv_input(io.StringIO(text), schema(OURS))
    assert found.to_dict("list") == {"n": ["1.50", "NA\n"], "b": ["false", ""]}
    assert list(found.attrs[LINES]) == [2, 4]
    with pytest.raises(MlflowException, match="row 2"):
        scoring_server.parse_csv_input(io.StringIO("n,b\n1,true\n2\n"), schema(OURS))


def test_rows_and_columns_beyond_the_limits_are_refused_as_they_are_read() -> None:
    with apply_limits(Limits(rows=1, columns=1)), pytest.raises(TooMuchError):
        scoring_server.infer_and_parse_data({"instances": ROWS}, schema(OURS))
    with apply_limits(Limits(rows=1)), pytest.raises(MlflowException, match="more than 1 rows"):
        scoring_server.parse_csv_input(io.StringIO("n,b\n1,true\n2,true\n"), schema(OURS))


def test_an_error_of_ours_is_status_400_with_its_hint() -> None:
    found = bad_request(DataError("no number", hint="Send one"))
    assert isinstance(found, MlflowException)
    assert found.get_http_status_code() == 400
    assert "no number" in found.message and "Send one" in found.message
