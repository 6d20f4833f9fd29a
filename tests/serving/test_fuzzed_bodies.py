"""Requests that are changed at random are refused, or answered as another reader reads them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import mlflow.pyfunc
import pytest
from mlflow.models import Model
from mlflow.pyfunc import scoring_server

from pipeline.export import mlflow_flavor
from tests.attacks import Counted
from tests.fuzzing import FEW, changed, exchanged, suite, tried
from tests.originals import CASES, NAMES, Case, Row, cells, meaning, values
from tests.serving.asgi import ask
from tests.serving.http import FORMS
from tests.serving.test_limits import CELLS, INSIDE, written


def columns_of(content: dict[str, Any]) -> dict[str, list[Any]]:
    """The table of a request, as MLflow documents its forms."""
    if split := content.get("dataframe_split"):
        columns = map(list, zip(*split["data"], strict=True))
        return dict(zip(split["columns"], [[*map(_single, c)] for c in columns], strict=True))
    table = next(
        content[form] for form in ("dataframe_records", "inputs", "instances") if form in content
    )
    if isinstance(table, dict):
        return {name: [_single(cell) for cell in column] for name, column in table.items()}
    return {name: [_single(row.get(name)) for row in table] for name in NAMES}


def _single(cell: Any) -> Any:
    """A cell of a column of shape [N, 1]."""
    return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell


def read(form: str, body: bytes) -> list[Row]:
    """What the rows of a request mean to another reader."""
    if form == "parquet":
        return values(body)
    if form == "csv":
        return [meaning(row) for row in cells(body)]
    columns = columns_of(json.loads(body))
    return [meaning(row) for row in zip(*(columns[name] for name in NAMES), strict=True)]


@pytest.fixture(scope="module", params=CASES, ids=["linear", "trees"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The server's app of a model, and its case."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "graph.onnx").write_bytes(request.param.data)
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx")
    return scoring_server.init(mlflow.pyfunc.load_model(str(folder / "model"))), request.param


def of_body(app: Any, case: Case, random: Random) -> str:
    form = random.choice([*FORMS, "csv", "parquet"])
    body, kind = written(form, len(CELLS))
    if form in FORMS and random.random() < 0.7:
        body = json.dumps(exchanged(json.loads(body), random)).encode()
    else:
        body = changed(body, random)
    answer = ask(app, body, kind)
    assert not INSIDE.search(answer.body.decode())
    if answer.status != 200:
        assert answer.status in {400, 413}, answer.body
        return "refused"
    rows = read(form, body)
    assert answer.labels == case.answers(rows)
    return "same" if rows == MEANT else "others"


MEANT = [meaning([row[name] for name in NAMES]) for row in CELLS]


def test_changed_requests_are_refused_or_answered_as_another_reader_reads_them(
    served: tuple[Any, Case],
) -> None:
    assert tried(lambda random: of_body(*served, random), FEW)


@pytest.mark.attack(
    "requests to a served model, in every form, changed at random; a linear model and trees",
    "{refused:,} refused with 400 or 413; {same:,} answered as before, {others:,} as json, pandas "
    "or polars reads what was changed; 0 crashed, 0 answered otherwise, no stack trace or path",
)
@pytest.mark.long
def test_thousands_of_requests(served: tuple[Any, Case], counted: Counted) -> None:
    suite(lambda random: of_body(*served, random), counted, "refused", "same", "others")
