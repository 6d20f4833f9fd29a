"""A fitted pipeline becomes a model of this project: scorer, bundle and proof take it as one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from pipeline.adopt.table import adopt_table_model, render_table_model
from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from pipeline.manifest import LABEL, SCORE
from pipeline.runtime.frames import list_columns
from pipeline.runtime.scorer import Scorer
from tests.adopt.tables import NUMBERS, fit_columns, fit_numbers, make_table


def test_a_scaler_and_a_regression_answer_as_scikit_learn_does() -> None:
    model, frame = fit_numbers(), make_table().dropna()
    exported, parity = adopt_table_model(model, frame, "penguins", "kind", "run")
    assert parity.passed, parity.text
    assert (exported.manifest.verdict, exported.manifest.run_id) == ("pass", "run")
    answers = Scorer(exported.data).predict(list_columns(frame[NUMBERS]))
    np.testing.assert_array_equal(answers[LABEL], model.predict(frame[NUMBERS]))
    np.testing.assert_allclose(answers[SCORE], model.predict_proba(frame[NUMBERS]), atol=1e-12)
    assert exported.manifest.ignored == ("island", "code")


def test_columns_of_every_kind_are_proven_missing_and_unseen_values_too() -> None:
    exported, parity = adopt_table_model(fit_columns(), make_table(), "penguins", "kind")
    assert parity.passed, parity.text
    assert parity.summary["refused_by_pycaret"] == 0
    kinds = {row["kind"] for row in parity.table}
    assert {"missing", "unseen", "all missing", "table"} <= kinds
    assert [column.kind for column in exported.manifest.inputs] == [
        *("number", "number", "text", "number")
    ]


def test_a_regression_is_held_to_the_same_bound() -> None:
    model, frame = fit_columns(Ridge(), "weight"), make_table()
    exported, parity = adopt_table_model(model, frame, "weights", "weight")
    assert parity.passed, parity.text
    assert exported.manifest.labels is None
    assert parity.golden.tolerance <= 1e-9


def test_a_bundle_is_written_of_its_files_and_scores(tmp_path: Path) -> None:
    exported, parity = adopt_table_model(fit_columns(), make_table(), "penguins", "kind")
    for name, content in render_table_model(exported, parity).items():
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
    source = read_source(tmp_path / "model.onnx")
    write_bundle(source, "python", tmp_path / "bundle")
    golden = json.loads((tmp_path / "bundle" / "golden.json").read_text())
    answers = Scorer((tmp_path / "bundle" / "model.onnx").read_bytes()).predict(golden["inputs"])
    assert answers[LABEL].tolist() == golden["expected"][LABEL]


@pytest.mark.parametrize("column", ["island", "code"])
def test_categories_that_the_sample_lacks_are_known_all_the_same(column: str) -> None:
    model, frame = fit_columns(), make_table()
    few = frame[frame[column] == frame[column][0]].reset_index(drop=True)
    exported, parity = adopt_table_model(model, few, "penguins", "kind")
    assert parity.passed, parity.text
    rows = frame.drop(columns="kind")
    rows["island"] = rows["island"].astype(object)
    answers = Scorer(exported.data).predict(list_columns(rows))
    np.testing.assert_allclose(answers[SCORE], model.predict_proba(rows), atol=1e-12)


def test_single_precision_stays_that_where_the_model_was_given_it() -> None:
    frame = make_table().dropna()[[*NUMBERS, "kind"]].astype(dict.fromkeys(NUMBERS, np.float32))
    model = fit_numbers()
    model.fit(frame[NUMBERS], frame["kind"])
    exported, parity = adopt_table_model(model, frame, "penguins", "kind")
    assert parity.passed, parity.text
    wide = pd.DataFrame(frame[NUMBERS], dtype=float) + 1e-7
    answers = Scorer(exported.data).predict(list_columns(wide))
    wanted = model.predict_proba(wide.astype(np.float32))
    np.testing.assert_allclose(answers[SCORE], wanted, atol=1e-6)
