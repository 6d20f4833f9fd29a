"""`mlflow models serve` answers with PyCaret's own numbers, or says in one line what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import joblib
import pandas as pd
import pytest

from tests import tracked
from tests.commands import ROOT, whole_run
from tests.serving.http import FORMS, Rows, columns, post

pytestmark = pytest.mark.long

TABLE = pd.read_csv(ROOT / "datasets" / "insurance.csv").drop(columns="charges")
ROWS: Rows = TABLE.head(12).to_dict("records")
CASES: dict[str, Rows] = {
    "as in the table": ROWS,
    "one row": ROWS[:1],
    "a null in every column": [
        {**row, name: None} for row, name in zip(ROWS, list(TABLE) * 2, strict=True)
    ],
    "nothing but nulls": [dict.fromkeys(TABLE), *ROWS],
    "whole numbers for fractions, and fractions for whole": [
        {**row, "bmi": 30, "age": 19.5, "children": 1.0} for row in ROWS
    ],
    "unseen, empty and odd categories": [
        {**row, "region": region}
        for row, region in zip(ROWS, ["", "moon", "NORTHWEST", "ü 😀"] * 3, strict=True)
    ],
    "numbers as text": [{**row, "age": str(row["age"]), "bmi": str(row["bmi"])} for row in ROWS],
    "nothing but text": [{name: str(value) for name, value in row.items()} for row in ROWS],
    "another order of columns": [dict(reversed(row.items())) for row in ROWS],
    "a column that the model does not take": [{**row, "other": 1} for row in ROWS],
}


@dataclass(frozen=True)
class Service:
    """A running server, and the pipeline that it should answer like."""

    url: str
    pipeline: Any

    def predict_model(self, rows: Rows) -> list[float]:
        """PyCaret's answer to the same cells, typed as training types them."""
        from pycaret.regression import RegressionExperiment

        frame = pd.DataFrame(rows)[list(TABLE)]
        for name in ("age", "bmi", "children"):
            frame[name] = pd.to_numeric(frame[name]).astype(float)
        frame = frame.mask(frame == "")  # an empty text is a missing one
        predicted = RegressionExperiment().predict_model(self.pipeline, data=frame, verbose=False)
        labels: list[float] = predicted["prediction_label"].tolist()
        return labels

    def labels(self, body: Mapping[str, Any]) -> list[float]:
        """The predictions of an answer that must be a good one."""
        status, answer = post(self.url, body)
        assert status == 200, answer
        return [row["prediction_label"] for row in answer["predictions"]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    run = whole_run(tmp_path_factory.getbasetemp())
    assert run.process.returncode == 0, run.process.stderr
    address = f"127.0.0.1:{(port := tracked.free_port())}"
    command = ["mlflow", "models", "serve", "-m", "models:/insurance@champion"]
    command += ["--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    pipeline = joblib.load(run.output / "pickle" / "pipeline.pkl")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(run.folder)
        with tracked.server(command, f"http://{address}/health"):
            yield Service(f"http://{address}/invocations", pipeline)


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gets_pycarets_numbers(service: Service, form: str, rows: Rows) -> None:
    # the bound of the parity contract
    expected = pytest.approx(service.predict_model(rows), rel=1e-9, abs=0)
    assert service.labels(FORMS[form](rows)) == expected


def test_parquet_gets_the_same_answer(service: Service) -> None:
    status, answer = post(
        service.url, TABLE.head(12).to_parquet(), "application/vnd.apache.parquet"
    )
    assert status == 200, answer
    assert [row["prediction_label"] for row in answer["predictions"]] == service.labels(
        {"dataframe_records": ROWS}
    )


def test_many_questions_at_once_are_not_mixed_up(service: Service) -> None:
    rows: Rows = TABLE.head(64).to_dict("records")
    expected = service.labels({"dataframe_records": rows})
    with ThreadPoolExecutor(8) as pool:
        bodies: Sequence[Mapping[str, Any]] = [{"dataframe_records": [row]} for row in rows]
        answers = list(pool.map(service.labels, bodies))
    assert [label for (label,) in answers] == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": list(TABLE), "data": []}},
        {"inputs": {name: [] for name in TABLE}},
    ],
)
def test_no_rows_get_no_predictions(service: Service, body: Mapping[str, Any]) -> None:
    assert service.labels(body) == []


REFUSED: dict[str, tuple[Mapping[str, Any], Sequence[str]]] = {
    "a column is missing": (
        {name: value for name, value in ROWS[0].items() if name != "smoker"},
        ["columns missing: 'smoker' (text"],
    ),
    "a column is misspelt": (
        {("smokr" if name == "smoker" else name): value for name, value in ROWS[0].items()},
        ["columns missing: 'smoker' (text, nearest: 'smokr')"],
    ),
    "text for a number": (
        {**ROWS[0], "age": "old"},
        ["row 1, column 'age': got 'old', expected a number", "Write a finite number"],
    ),
    "true for text": ({**ROWS[0], "sex": True}, ["column 'sex': got True, expected text"]),
    "an object for a number": (
        {**ROWS[0], "bmi": {"value": 27.9}},
        ["column 'bmi': got {'value': 27.9}, expected a number"],
    ),
    "a number beyond all bounds": (
        {**ROWS[0], "age": 1e300},
        ["column 'age': got 1e+300, expected a finite number within ±3.4e38"],
    ),
}


@pytest.mark.parametrize(("row", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("form", FORMS)
def test_what_does_not_fit_is_a_bad_request_that_names_it(
    service: Service, form: str, row: Mapping[str, Any], words: Sequence[str]
) -> None:
    status, answer = post(service.url, FORMS[form]([row]))
    assert status == 400
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert [word for word in words if word not in answer["message"]] == []


BROKEN: dict[str, Any] = {
    "no JSON": b"{",
    "no form": {"rows": ROWS},
    "two forms": {"inputs": columns(ROWS), "instances": ROWS},
    "columns of different length": {"inputs": {**columns(ROWS), "age": [19]}},
    "rows without names": {"inputs": [list(row.values()) for row in ROWS]},
    "nothing": {"dataframe_records": None},
    "no columns": {"instances": []},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_number_for_text_is_the_text_that_it_is_written_as(
    service: Service, form: str
) -> None:
    rows: Rows = [{**ROWS[0], "region": 1}]
    as_text: Rows = [{**ROWS[0], "region": "1"}]
    assert service.labels(FORMS[form](rows)) == service.labels(FORMS[form](as_text))


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_no_table_is_a_bad_request(service: Service, body: Any) -> None:
    status, answer = post(service.url, body)
    assert status == 400, answer
    assert answer["message"]
