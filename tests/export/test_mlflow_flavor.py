"""The logged model scores every kind of table as `Scorer` does, here and behind HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnx
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from pipeline.export import mlflow_flavor
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from tests import small_models, tracked

ROWS = tracked.frame()
INTEGERS = pd.DataFrame({"body mass [kg]": [60, 100, 140]})
LABELS = ("no", "yes")


def saved(folder: Path, graph: bytes, example: pd.DataFrame) -> Path:
    file = folder / "graph.onnx"
    file.write_bytes(graph)
    mlflow_flavor.save_model(str(folder / "model"), Model(), file, example)
    return folder / "model"


@pytest.fixture(scope="module")
def regression_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("flavor"), small_models.regression(), ROWS.head(3))


@pytest.fixture(scope="module")
def regression(regression_folder: Path) -> Any:
    return mlflow.pyfunc.load_model(str(regression_folder))


@pytest.fixture(scope="module")
def classification(tmp_path_factory: pytest.TempPathFactory) -> Any:
    graph = small_models.classification(LABELS)
    folder = saved(tmp_path_factory.mktemp("flavor"), graph, INTEGERS)
    return mlflow.pyfunc.load_model(str(folder))


def expected(frame: pd.DataFrame) -> list[float]:
    """What the scorer says about the same cells as plain Python values."""
    scorer = Scorer(small_models.regression())
    columns = {column.name: list(frame[column.name]) for column in scorer.manifest.inputs}
    labels: list[float] = scorer.predict(columns)["prediction_label"].tolist()
    return labels


TABLES = {
    "as it is, None in the first row": ROWS,
    "shuffled index": ROWS.sample(frac=1, random_state=1),
    "a slice": ROWS.iloc[5:8],
    "text index": ROWS.set_axis(list("abcdefghij")),
    "one row": ROWS.iloc[[0]],
    "other column order": ROWS[ROWS.columns[::-1]],
    "surplus column": ROWS.assign(other=1),
    "integers": ROWS.assign(**{"body mass [kg]": range(10)}),
    "Int64 with NA": ROWS.assign(
        **{"body mass [kg]": pd.array([None, *range(1, 10)], dtype="Int64")}
    ),
    "category": ROWS.assign(smoker=ROWS["smoker"].astype("category")),
    "string with NA": ROWS.assign(smoker=ROWS["smoker"].astype("string")),
    "boolean dtype": ROWS.assign(member=ROWS["member"].astype("boolean")),
    "object columns": ROWS.astype(object),
    "dates as text": ROWS.assign(joined=["", *["2001-02-03"] * 9]),
    "all missing": ROWS.assign(
        smoker=None, joined=pd.Series([pd.NaT] * 10), **{"body mass [kg]": np.nan}
    ),
}


@pytest.mark.parametrize("frame", TABLES.values(), ids=TABLES)
def test_a_frame_of_any_shape_scores_as_its_cells(regression: Any, frame: pd.DataFrame) -> None:
    scored = regression.predict(frame)
    assert list(scored.columns) == ["prediction_label"]
    assert scored.index.equals(frame.index)
    assert scored["prediction_label"].tolist() == expected(frame)  # the same graph, the same sums


def test_a_frame_without_rows_gives_a_frame_without_rows(
    regression: Any, classification: Any
) -> None:
    assert regression.predict(ROWS.head(0)).shape == (0, 1)
    assert classification.predict(INTEGERS.head(0)).shape == (0, 3)


CONTAINERS = {
    "records": ROWS.to_dict("records"),
    "lists": {name: list(ROWS[name]) for name in ROWS},
    "arrays": {name: ROWS[name].to_numpy() for name in ROWS},
    "arrays of shape (N, 1)": {
        name: ROWS[name].astype(object).to_numpy()[:, None] for name in ROWS
    },
}


@pytest.mark.parametrize("data", CONTAINERS.values(), ids=CONTAINERS)
def test_other_containers_score_as_the_frame(regression: Any, data: Any) -> None:
    assert regression.predict(data)["prediction_label"].tolist() == expected(ROWS)


def test_a_row_of_scalars_scores_as_a_frame_of_one_row(classification: Any) -> None:
    assert classification.predict({"body mass [kg]": 140})["prediction_label"].tolist() == ["yes"]


def test_a_classifier_names_its_columns_as_predict_model_does(classification: Any) -> None:
    scored = classification.predict(INTEGERS)
    assert list(scored.columns) == [
        "prediction_label",
        "prediction_score_no",
        "prediction_score_yes",
    ]
    assert scored["prediction_label"].tolist() == ["no", "yes", "yes"]
    assert scored["prediction_score_yes"].tolist() == [0.25, 0.75, 0.75]


REFUSED = {
    "a missing column": (ROWS.drop(columns="smoker"), "smoker"),
    "text in a number column": (ROWS.assign(**{"body mass [kg]": "heavy"}), "expected a number"),
    "a missing boolean": (ROWS.assign(member=None), "true or false"),
    "a number in a text column": (ROWS.assign(smoker=1), "expected text"),
}


@pytest.mark.parametrize(("frame", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_a_bad_request_that_names_the_column(
    regression: Any, frame: pd.DataFrame, message: str
) -> None:
    with pytest.raises(MlflowException, match=message) as raised:
        regression.predict(frame)
    assert raised.value.error_code == "INVALID_PARAMETER_VALUE"
    assert raised.value.get_http_status_code() == 400


def test_the_onnx_flavor_loads_the_graph_as_it_was_exported(regression_folder: Path) -> None:
    exported = small_models.regression()
    assert mlflow.onnx.load_model(str(regression_folder)) == onnx.load_from_string(exported)
    assert (regression_folder / "model.onnx").read_bytes() == exported


def test_the_model_asks_for_a_processor_and_one_thread(regression_folder: Path) -> None:
    described = Model.load(str(regression_folder))
    assert described.flavors["onnx"]["providers"] == ["CPUExecutionProvider"]
    assert described.flavors["onnx"]["onnx_session_options"] == {"intra_op_num_threads": 1}


def test_the_requirements_are_exact_and_without_training(regression_folder: Path) -> None:
    lines = (regression_folder / "requirements.txt").read_text().splitlines()
    assert {line.partition("==")[0] for line in lines} == {"mlflow", *mlflow_flavor.REQUIREMENTS}
    assert all("==" in line for line in lines)


def test_the_model_loads_where_this_project_is_not_installed(
    regression_folder: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; sys.modules['pipeline'] = None\n"
        "import mlflow.pyfunc, pandas\n"
        "model = mlflow.pyfunc.load_model(sys.argv[1])\n"
        "print(model.predict(pandas.read_pickle(sys.argv[2]))['prediction_label'].tolist())\n"
    )
    ROWS.to_pickle(tmp_path / "rows.pkl")
    finished = subprocess.run(
        [sys.executable, "-c", script, str(regression_folder), str(tmp_path / "rows.pkl")],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(finished.stdout) == expected(ROWS)


def test_a_process_that_loads_the_model_still_imports_this_project(regression: Any) -> None:
    import pipeline.track.mlflow_run

    house = Path(mlflow_flavor.__file__).parents[1]
    assert Path(pipeline.track.mlflow_run.__file__).parents[1] == house


@pytest.fixture(scope="module")
def served(regression_folder: Path) -> Iterator[str]:
    address = f"127.0.0.1:{(port := tracked.free_port())}"
    command = ["mlflow", "models", "serve", "-m", str(regression_folder), "--env-manager", "local"]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    with tracked.server(command, f"http://{address}/health"):
        yield f"http://{address}/invocations"


def post(url: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    content = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), content)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as err:
        return err.code, json.load(err)


JSON_ROWS = json.loads(ROWS.to_json(orient="records", date_format="iso", date_unit="s"))
JSON_COLUMNS = {name: [row[name] for row in JSON_ROWS] for name in ROWS}
BODIES = {
    "dataframe_records": JSON_ROWS,
    "dataframe_split": {
        "columns": list(ROWS),
        "data": [[row[name] for name in ROWS] for row in JSON_ROWS],
    },
    "inputs": JSON_COLUMNS,
    "instances": JSON_ROWS,
}


@pytest.mark.slow
@pytest.mark.parametrize("form", BODIES)
def test_a_served_model_answers_every_json_form_with_nulls_and_dates(
    served: str, form: str
) -> None:
    status, answer = post(served, {form: BODIES[form]})
    assert status == 200, answer
    predictions = [row["prediction_label"] for row in answer["predictions"]]
    assert predictions == expected(ROWS)


@pytest.mark.slow
def test_a_served_model_takes_integers_for_numbers(served: str) -> None:
    rows = [row | {"body mass [kg]": 80} for row in JSON_ROWS]
    status, answer = post(served, {"instances": rows})
    assert status == 200, answer
    predictions = [row["prediction_label"] for row in answer["predictions"]]
    assert predictions == expected(ROWS.assign(**{"body mass [kg]": 80}))


@pytest.mark.slow
def test_a_served_model_refuses_text_for_a_number_and_names_row_and_column(served: str) -> None:
    status, answer = post(served, {"dataframe_records": [JSON_ROWS[0] | {"body mass [kg]": "x"}]})
    assert status == 400
    assert "row 1, column 'body mass [kg]': got 'x', expected a number" in answer["message"]


@pytest.mark.slow
def test_a_served_model_refuses_a_missing_column(served: str) -> None:
    row = {name: value for name, value in JSON_ROWS[0].items() if name != "smoker"}
    status, answer = post(served, {"dataframe_records": [row]})
    assert status == 400
    assert "smoker" in answer["message"]


def test_the_signature_says_the_real_types(regression: Any) -> None:
    schema = regression.metadata.get_input_schema()
    assert [(c.name, c.type.name, c.required) for c in schema.inputs] == [
        ("body mass [kg]", "double", False),
        ("smoker", "string", False),
        ("member", "boolean", True),
        ("joined", "datetime", False),
    ]


def test_other_models_are_cast_by_mlflow_as_ever(regression: Any, tmp_path: Path) -> None:
    from mlflow.models import ModelSignature
    from mlflow.pyfunc import scoring_server
    from mlflow.types.schema import ColSpec, Schema

    class Echo(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return model_input

    schema = Schema([ColSpec("double", "x")])
    mlflow.pyfunc.save_model(
        str(tmp_path / "echo"), python_model=Echo(), signature=ModelSignature(schema)
    )
    echo = mlflow.pyfunc.load_model(str(tmp_path / "echo"))
    with pytest.raises(MlflowException, match="Can not safely convert int64 to float64"):
        echo.predict(pd.DataFrame({"x": [2**40]}))
    parsed = scoring_server.infer_and_parse_data({"dataframe_records": [{"x": 1}]}, schema)
    assert parsed["x"].dtype == float


def test_a_model_with_a_schema_equal_to_ours_is_cast_by_mlflow_all_the_same(
    regression: Any, tmp_path: Path
) -> None:
    from mlflow.pyfunc import scoring_server

    class Echo(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return model_input

    mlflow.pyfunc.save_model(
        str(tmp_path / "echo"), python_model=Echo(), signature=regression.metadata.signature
    )
    echo = mlflow.pyfunc.load_model(str(tmp_path / "echo"))
    mine, theirs = regression.metadata.get_input_schema(), echo.metadata.get_input_schema()
    assert mine == theirs
    request = {"dataframe_split": {"columns": ["body mass [kg]"], "data": [["80"]]}}
    assert scoring_server.infer_and_parse_data(request, mine)["body mass [kg]"].tolist() == ["80"]
    cast = scoring_server.infer_and_parse_data(request, theirs)
    assert cast["body mass [kg]"].tolist() == [80.0]


@pytest.mark.slow
def test_a_served_model_answers_csv_as_json(served: str) -> None:
    frame = ROWS.assign(joined=ROWS["joined"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    for text in (frame.to_csv(index=False), "\ufeff" + frame.to_csv(index=False, sep=";")):
        status, answer = post_csv(served, text)
        assert status == 200, answer
        assert [row["prediction_label"] for row in answer["predictions"]] == expected(ROWS)


@pytest.mark.slow
def test_a_served_model_refuses_a_csv_cell_with_row_line_and_column(served: str) -> None:
    header = '"body mass [kg]",smoker,member,joined\n'
    for body, words in (
        ('80,"y\ns",true,\nheavy,no,true,\n', "row 2 (line 4), column 'body mass [kg]'"),
        ("80,yes,true\n", "row 1 (line 2): got 3 fields, expected 4"),
        ("80,yes,,\n", "row 1 (line 2), column 'member'"),
    ):
        status, answer = post_csv(served, header + body)
        assert status == 400
        assert words in answer["message"]


def post_csv(url: str, text: str) -> tuple[int, dict[str, Any]]:
    from tests.serving.http import post as posted

    return posted(url, text.encode(), "text/csv")


def test_models_of_two_versions_are_each_read_by_their_own_code(
    regression: Any, regression_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(regression_folder, other)
    (package,) = (other / "code").iterdir()
    elder = package.rename(package.with_name("pipeline_scoring_elder"))
    for file in (other / "MLmodel", *elder.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(package.name, elder.name), encoding="utf-8")
    integrity.write_checksums(other)
    second = mlflow.pyfunc.load_model(str(other))
    assert {f"{name}.serving.table_model" for name in (package.name, elder.name)} <= set(
        sys.modules
    )
    whole = ROWS.assign(**{"body mass [kg]": range(60, 60 + len(ROWS))})
    wanted = expected(whole)
    for model in (regression, second, regression):
        assert list(model.predict(whole)["prediction_label"]) == wanted
