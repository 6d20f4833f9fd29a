from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from pipeline.adopt.table_model import export_table_model
from pipeline.adopt.table_proof import verify_table_model
from tests.adopt.tables import NUMBERS, fit_columns, fit_numbers, make_table


def test_the_graph_of_another_model_fails() -> None:
    frame = make_table()
    exported = export_table_model(fit_columns(LogisticRegression(C=0.5)), frame, "penguins")
    parity = verify_table_model(exported, fit_columns(LogisticRegression(C=50.0)), frame)
    assert not parity.passed
    assert parity.summary["max_error_table"] > 1e-9


def test_rows_that_the_model_refuses_are_counted_and_in_no_golden_row() -> None:
    model, frame = fit_numbers(), make_table().dropna()
    parity = verify_table_model(export_table_model(model, frame, "penguins"), model, frame)
    assert parity.passed
    assert parity.summary["refused_by_pycaret"] > 0
    assert not parity.golden.rows[NUMBERS].isna().to_numpy().any()


def test_neighbours_that_are_equally_far_are_ties_and_no_failures() -> None:
    model, frame = fit_columns(KNeighborsClassifier()), make_table()
    parity = verify_table_model(export_table_model(model, frame, "penguins"), model, frame)
    assert parity.passed, parity.text
    assert parity.summary["ties"] > 0
    assert parity.summary["max_error_table"] <= 1e-9
