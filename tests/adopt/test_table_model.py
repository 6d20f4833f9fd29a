from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV

from pipeline.adopt.table_model import export_table_model, find_predictor
from pipeline.errors import ConversionError, UsageError
from tests.adopt.tables import NUMBERS, fit_columns, fit_numbers, make_table


def test_the_manifest_knows_every_category_of_the_encoders() -> None:
    few = make_table().query("island == 'Dream'")
    manifest = export_table_model(fit_columns(), few, "penguins", "kind").manifest
    known = next(column.known for column in manifest.inputs if column.name == "island")
    assert known is not None
    assert known.categories == ("Biscoe", "Dream", "Zoë's")
    assert manifest.model_name == "LogisticRegression"


def test_a_search_for_parameters_answers_with_its_best_model() -> None:
    frame = make_table().dropna()
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
    search.fit(frame[NUMBERS], frame["kind"])
    assert find_predictor(search) is search.best_estimator_
    assert export_table_model(search, frame, "penguins").manifest.labels == ("heavy", "light")


def test_several_targets_are_refused() -> None:
    frame = make_table().dropna()
    model = LinearRegression().fit(frame[NUMBERS], frame[NUMBERS])
    with pytest.raises(ConversionError, match="2 values"):
        export_table_model(model, frame, "penguins")


def test_a_sample_that_the_model_cannot_predict_is_refused() -> None:
    frame = make_table().head(1).assign(weight=np.inf)
    with pytest.raises(UsageError, match="infinity"):
        export_table_model(fit_numbers(), frame, "penguins")


def test_the_target_is_no_input_of_a_model_without_names() -> None:
    frame = make_table().dropna()[[*NUMBERS, "kind"]]
    model = LogisticRegression(max_iter=1000).fit(frame[NUMBERS].to_numpy(), frame["kind"])
    inputs = export_table_model(model, frame, "penguins", "kind").manifest.inputs
    assert [column.name for column in inputs] == NUMBERS
