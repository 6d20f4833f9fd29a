"""A cell means the same in every format: the same rows get the same answers, or are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mlflow.models import Model
from mlflow.pyfunc import scoring_server
from pyarrow import parquet

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.export import mlflow_flavor
from pipeline.runtime.feeds import CellError, make_feed
from pipeline.runtime.scorer import Scorer
from pipeline.score.run import score_file
from tests.small_models import reading

ROWS = 1000


def table() -> pd.DataFrame:
    """Numbers, whole ones with gaps, words of which one is NA, codes, truth with gaps, dates."""
    random = np.random.default_rng(15)
    frame = pd.DataFrame(
        {
            "size [m]": random.normal(80, 20, ROWS).round(2),
            "rooms": pd.array(random.integers(1, 9, ROWS), dtype="Int64"),
            "town": random.choice(["NA", "Köln", "a;b", "1", "x,y"], ROWS),
            "zip": random.choice(["00123", "04567", "12345"], ROWS),
            "paid": random.choice(np.array([True, False, None], dtype=object), ROWS),
            "member": random.random(ROWS) < 0.5,
            "since": pd.Timestamp("2019-03-01")
            + pd.to_timedelta(random.integers(0, 900, ROWS), "D"),
        }
    )
    frame.loc[random.random(ROWS) < 0.1, "rooms"] = pd.NA
    frame.loc[random.random(ROWS) < 0.1, "size [m]"] = np.nan
    frame.loc[random.random(ROWS) < 0.1, "town"] = None
    frame.loc[random.random(ROWS) < 0.03, "since"] = pd.NaT
    frame["y"] = (frame["size [m]"].fillna(50) * 2 + (frame["town"] == "NA") * 90).round(3)
    return frame


TABLE = table()
FEATURES = TABLE.drop(columns="y")


def written(frame: pd.DataFrame, decimal: str = ".", date: str = "%Y-%m-%d") -> pd.DataFrame:
    """Every cell as a person writes it, and None where it is missing."""

    def cell(value: Any) -> str | None:
        if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
            return None
        if isinstance(value, bool | np.bool_):
            return str(value).upper()
        if isinstance(value, pd.Timestamp):
            return value.strftime(date)
        return str(value).replace(".", decimal) if isinstance(value, float) else str(value)

    return pd.DataFrame({name: [cell(v) for v in frame[name]] for name in frame}, dtype=object)


def typed(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def dictionary(frame: pd.DataFrame) -> pa.Table:
    whole = typed(frame)
    for place, name in enumerate(whole.column_names):
        if pa.types.is_string(whole.schema.types[place]):
            whole = whole.set_column(place, name, whole.column(name).dictionary_encode())
    return whole


FILES: dict[str, Callable[[Path, pd.DataFrame, str], Any]] = {
    "CSV": lambda p, f, d: written(f, d).to_csv(p, index=False, sep=";" if d == "," else ","),
    "CSV, German": lambda p, f, d: written(f, ",").to_csv(p, index=False, sep=";"),
    "packed CSV": lambda p, f, d: written(f, d).to_csv(p, index=False, compression="gzip"),
    "typed Parquet": lambda p, f, d: parquet.write_table(typed(f), p),
    "Parquet of strings": lambda p, f, d: written(f, d).to_parquet(p, index=False),
    "Parquet of dictionaries": lambda p, f, d: parquet.write_table(dictionary(f), p),
    "workbook": lambda p, f, d: f.to_excel(p.with_suffix(".xlsx"), index=False),
    "JSON Lines": lambda p, f, d: f.to_json(p, orient="records", lines=True, date_format="iso"),
}
FRAMES: dict[str, Callable[[pd.DataFrame, str], Any]] = {
    "pandas": lambda f, d: f,
    "pandas, objects": lambda f, d: f.astype(object),
    "pandas, nullable": lambda f, d: f.convert_dtypes(),
    "pandas, Arrow": lambda f, d: f.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, categories": lambda f, d: f.astype(dict.fromkeys(("town", "zip"), "category")),
    "pandas, whole numbers as floats": lambda f, d: f.astype({"rooms": float}),
    "polars": lambda f, d: pl.from_arrow(typed(f)),
    "pyarrow": lambda f, d: typed(f),
    "records": lambda f, d: f.astype(object).to_dict("records"),
    "mapping of texts": lambda f, d: {name: list(c) for name, c in written(f, d).items()},
}
JSON: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "dataframe_records": lambda rows: rows,
    "instances": lambda rows: rows,
    "inputs": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
    "dataframe_split": lambda rows: {
        "columns": list(rows[0]),
        "data": [list(row.values()) for row in rows],
    },
}


@dataclass(frozen=True)
class Trained:
    """A model, the way its table was written, and what training's own frame gives."""

    scorer: Scorer
    served: Any
    decimal: str
    expected: Mapping[str, Any]

    def agrees(self, outputs: Mapping[str, Any]) -> None:
        for name, values in self.expected.items():
            # the same graph and the same tensors
            np.testing.assert_array_equal(np.asarray(outputs[name]), values, err_msg=name)


def graph(data: Path, folder: Path, form: str) -> bytes:
    config = TrainConfig(data=data, target="y", task="regression")
    if form == "reads":
        return reading(load_dataset(find_dataset(config), config).inputs)
    command = ["-m", "pipeline.train", "--data", str(data), "--target", "y", "--include", "dt"]
    command += ["--task", "regression", "--fold", "2", "--no-register", "--output", "out"]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    root = Path(__file__).resolve().parents[2]
    subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(root)},
        check=True,
    )
    return (folder / "out" / "onnx" / "model.onnx").read_bytes()


@pytest.fixture(
    scope="module",
    params=[
        *((form, "reads") for form in ("CSV", "CSV, German", "typed Parquet")),
        pytest.param(("workbook", "reads"), marks=pytest.mark.long),
        pytest.param(("CSV", "trains"), marks=pytest.mark.long),
        pytest.param(("CSV, German", "trains"), marks=pytest.mark.long),
    ],
    ids=", ".join,
)
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    form, how = request.param
    folder = tmp_path_factory.mktemp("model")
    data = folder / "table"
    FILES[form](data, TABLE, ".")
    if form == "workbook":
        data = data.with_suffix(".xlsx")
    (folder / "graph.onnx").write_bytes(graph(data, folder, how))
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx")
    scorer = Scorer(folder / "graph.onnx")
    config = TrainConfig(data=data, target="y", task="regression")
    frame = load_dataset(find_dataset(config), config).frame
    tensors = {c.name: make_feed(c, frame[c.name]) for c in scorer.manifest.inputs}
    served = mlflow.pyfunc.load_model(str(folder / "model"))
    decimal = "," if form == "CSV, German" else "."
    yield Trained(scorer, served, decimal, scorer.run(tensors))


@pytest.mark.parametrize("form", FILES)
def test_every_file_gets_the_answers_of_trainings_frame(
    model: Trained, form: str, tmp_path: Path
) -> None:
    data, output = tmp_path / "table", tmp_path / "scored.parquet"
    FILES[form](data, TABLE, model.decimal)
    if form == "workbook":
        data = data.with_suffix(".xlsx")
    if form == "CSV, German" and model.decimal == ".":
        with pytest.raises(CellError, match=r"row 1 \(line 2\), column 'size \[m\]': got '"):
            score_file(model.scorer, data, output)
        return
    assert score_file(model.scorer, data, output, raw_score=True) == ROWS
    scored = pd.read_parquet(output)
    named = model.scorer.named(model.expected, raw_score=True)
    model_columns = {name: scored[name].to_numpy() for name in named}
    for name, values in named.items():
        np.testing.assert_array_equal(model_columns[name], values, err_msg=name)


@pytest.mark.parametrize("form", FRAMES)
def test_every_frame_gets_the_answers_of_trainings_frame(model: Trained, form: str) -> None:
    held = FRAMES[form](FEATURES, model.decimal)
    model.agrees(model.scorer.predict(held))
    added = model.scorer.score_frame(held)
    assert type(added) is type(held)
    assert len(added) == (ROWS if not isinstance(held, dict) else len(held) + len(model.expected))
    named = model.scorer.named(model.expected, raw_score=True)
    answered = model.served.predict(held)
    for name, values in named.items():
        np.testing.assert_array_equal(answered[name], values, err_msg=name)


@pytest.mark.parametrize("form", [*JSON, "text/csv", "typed Parquet"])
def test_the_served_model_gets_the_answers_of_trainings_frame(
    model: Trained, form: str, tmp_path: Path
) -> None:
    kind = "application/json"
    if form == "text/csv":
        FILES["CSV"](tmp_path / "t", FEATURES, model.decimal)
        kind, body = form, (tmp_path / "t").read_bytes()
    elif form == "typed Parquet":
        FILES[form](tmp_path / "t", FEATURES, model.decimal)
        kind, body = "application/vnd.apache.parquet", (tmp_path / "t").read_bytes()
    else:
        rows = json.loads(FEATURES.to_json(orient="records", date_format="iso"))
        body = json.dumps({form: JSON[form](rows)}).encode()
    schema = model.served.metadata.get_input_schema()
    answer = scoring_server.invocations(body, kind, model.served, schema)
    assert answer.status == 200, answer.response
    predictions = pd.DataFrame(json.loads(answer.response)["predictions"])
    named = model.scorer.named(model.expected, raw_score=True)
    for name, values in named.items():
        np.testing.assert_array_equal(predictions[name], values, err_msg=name)


def test_codes_whose_zeros_are_lost_are_refused_by_row_and_column(model: Trained) -> None:
    lost = FEATURES.assign(zip=FEATURES["zip"].astype(int))
    for held in (lost, pl.from_arrow(typed(lost)), typed(lost), lost.to_dict("records")):
        with pytest.raises(CellError, match=r"row 1, column 'zip'.*leading zeros"):
            model.scorer.predict(held)
