"""What MLflow opens answers as the scorer does, whatever form the table has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from pipeline.runtime.scorer import Scorer
from pipeline.serving.requests import LINES
from pipeline.serving.table_model import TableModel
from tests import small_models, tracked

FRAME = tracked.frame(6)
SCORER = Scorer(small_models.regression())
MODEL = TableModel(SCORER)
EXPECTED = SCORER.score_frame(FRAME)["prediction_label"].tolist()


FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "pandas of objects": lambda frame: frame.astype(object),
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "records": lambda frame: frame.to_dict("records"),
    "mapping": lambda frame: frame.to_dict("list"),
    "columns of one-item lists": lambda frame: {
        name: [[value] for value in frame[name]] for name in frame
    },
    "arrays (N, 1)": lambda frame: {name: frame[[name]].to_numpy() for name in frame},
    "surplus": lambda frame: frame.assign(surplus=object()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_any_form_gets_the_scorers_answers(form: str) -> None:
    assert MODEL.predict(FORMS[form](FRAME))["prediction_label"].tolist() == EXPECTED


def test_answers_keep_the_index_and_a_single_row_may_be_scalars() -> None:
    index = [f"row {k}" for k in range(len(FRAME))]
    assert MODEL.predict(FRAME.set_axis(index)).index.tolist() == index
    row = FRAME.iloc[2].to_dict()
    assert MODEL.predict(row)["prediction_label"].tolist() == EXPECTED[2:3]


def test_a_classifier_gives_every_probability_as_predict_model_names_them() -> None:
    scorer = Scorer(small_models.classification())
    table = {"body mass [kg]": [50.0, 120.0]}
    found = TableModel(scorer).predict(table)
    assert list(found) == ["prediction_label", "prediction_score_no", "prediction_score_yes"]
    np.testing.assert_array_equal(found.iloc[:, 1:], scorer.predict(table)["prediction_score"])


def test_a_column_that_lacks_and_one_that_is_there_twice_are_named() -> None:
    with pytest.raises(MlflowException, match="smoker") as lacks:
        MODEL.predict(FRAME.rename(columns={"smoker": "smokr"}))
    assert lacks.value.get_http_status_code() == 400
    twice = pd.concat([FRAME, FRAME[["member"]]], axis=1)
    with pytest.raises(MlflowException, match=r"more than once: \['member'\]"):
        MODEL.predict(twice)


def test_a_cell_of_a_csv_request_is_named_by_its_line() -> None:
    scorer = Scorer(small_models.ruled())
    texts = FRAME.astype(object).assign(member=["true"] * 5 + ["maybe"])
    texts.attrs[LINES] = [2, 3, 5, 6, 7, 9]
    with pytest.raises(MlflowException, match=r"row 6 \(line 9\), column 'member'"):
        TableModel(scorer).predict(texts)
