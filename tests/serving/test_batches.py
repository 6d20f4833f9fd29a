"""A loaded model gives every row the same answer, however a table is cut and typed.

Spark's `mlflow.pyfunc.spark_udf` calls `predict` with chunks that are frames of their own, with
whatever index and dtypes Arrow gives them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from mlflow.models import Model

from pipeline.export import mlflow_flavor
from pipeline.manifest import Manifest
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.scorer import Scorer
from tests import small_models, tracked

ROWS = tracked.frame(40)
LABELS = ("no", "yes")
INDEXES: dict[str, Any] = {
    "counted on": range(1000, 1040),
    "all the same": [7] * 40,
    "shuffled": np.random.default_rng(0).permutation(40),
    "dates": pd.date_range("2020-01-01", periods=40),
    "text with a gap": [None, *map(str, range(39))],
    "two levels": pd.MultiIndex.from_product([range(8), range(5)]),
}


def saved(folder: Path, graph: bytes) -> Path:
    file = folder / "graph.onnx"
    file.write_bytes(graph)
    mlflow_flavor.save_model(str(folder / "model"), Model(), file)
    return folder / "model"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("regression"), small_models.regression())


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return mlflow.pyfunc.load_model(str(folder))


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Any:
    graph = small_models.classification(LABELS)
    return mlflow.pyfunc.load_model(str(saved(tmp_path_factory.mktemp("classes"), graph)))


def at_once(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table, scored in one go by the scorer itself."""
    return Scorer(small_models.regression()).score_frame(frame)[["prediction_label"]]


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("size", [1, 7, 40])
def test_chunks_with_any_index_are_scored_as_the_whole(model: Any, index: Any, size: int) -> None:
    frame = ROWS.set_axis(index)
    chunks = [frame.iloc[start : start + size] for start in range(0, 40, size)]
    scored = [model.predict(chunk) for chunk in [frame.head(0), *chunks, frame.tail(0)]]
    # the same graph and the same sums
    pd.testing.assert_frame_equal(pd.concat(scored), at_once(frame))


def test_picked_rows_are_scored_as_in_the_whole(model: Any) -> None:
    places = [39, 0, 0, 17, 3]
    pd.testing.assert_frame_equal(model.predict(ROWS.iloc[places]), at_once(ROWS).iloc[places])
    odd = ROWS["member"]
    pd.testing.assert_frame_equal(model.predict(ROWS[odd]), at_once(ROWS)[odd])


@pytest.mark.parametrize("size", [0, 1, 3, 40])
def test_a_classifier_answers_every_chunk_with_the_same_columns(classifier: Any, size: int) -> None:
    frame = pd.DataFrame({"body mass [kg]": np.linspace(50, 150, 40)})
    whole = Scorer(small_models.classification(LABELS)).score_frame(frame, raw_score=True)
    found = classifier.predict(frame.iloc[5 : 5 + size])
    expected = whole.iloc[5 : 5 + size].drop(columns="body mass [kg]")
    pd.testing.assert_frame_equal(found, expected, check_dtype=size > 0)


MASS, JOINED = ROWS["body mass [kg]"], ROWS["joined"]
WHOLE = MASS.round().astype("Int64")
TYPES: dict[str, tuple[str, pd.Series]] = {
    "object of floats and None": ("body mass [kg]", MASS.astype(object).where(MASS.notna(), None)),
    "Int64": ("body mass [kg]", WHOLE),
    "Float64": ("body mass [kg]", MASS.astype("Float64")),
    "float32": ("body mass [kg]", MASS.astype("float32")),
    "Arrow's double": ("body mass [kg]", MASS.astype("double[pyarrow]")),
    "Arrow's int": ("body mass [kg]", WHOLE.astype("int64[pyarrow]")),
    "text of numbers": ("body mass [kg]", MASS.astype(str).where(MASS.notna(), None)),
    "category of numbers": ("body mass [kg]", MASS.astype("category")),
    "category": ("smoker", ROWS["smoker"].astype("category")),
    "category with unused": (
        "smoker",
        ROWS["smoker"].astype(pd.CategoricalDtype(["maybe", "yes", "no"])),
    ),
    "string": ("smoker", ROWS["smoker"].astype("string")),
    "Arrow's string": ("smoker", ROWS["smoker"].astype("string[pyarrow]")),
    "bool as object": ("member", ROWS["member"].astype(object)),
    "boolean": ("member", ROWS["member"].astype("boolean")),
    "bool as int": ("member", ROWS["member"].astype("int8")),
    "Arrow's bool": ("member", ROWS["member"].astype("bool[pyarrow]")),
    "dates in seconds": ("joined", JOINED.astype("datetime64[s]")),
    "dates with a zone": ("joined", JOINED.dt.tz_localize("UTC")),
    "date objects": ("joined", JOINED.dt.date.where(JOINED.notna(), None)),
    "datetime objects": (
        "joined",
        pd.Series([None if pd.isna(v) else v.to_pydatetime() for v in JOINED], dtype=object),
    ),
    "ISO text": ("joined", JOINED.dt.strftime("%Y-%m-%d")),
    "Arrow's timestamp": ("joined", JOINED.astype("timestamp[us][pyarrow]")),
    "Arrow's date": ("joined", JOINED.astype("date32[pyarrow]")),
}


@pytest.mark.parametrize(("name", "values"), TYPES.values(), ids=TYPES)
def test_a_column_of_any_dtype_is_scored_as_its_values(
    model: Any, name: str, values: pd.Series
) -> None:
    frame, expected = ROWS.assign(**{name: values}), at_once(ROWS)
    if name == "body mass [kg]" and pd.api.types.is_integer_dtype(values.dtype):
        expected = at_once(ROWS.assign(**{name: WHOLE.astype(float)}))
    pd.testing.assert_frame_equal(model.predict(frame), expected)
    for start in (0, 1, 39):  # a chunk may hold nothing but a missing value
        one = model.predict(frame.iloc[start : start + 1])
        pd.testing.assert_frame_equal(one, expected.iloc[start : start + 1])


def test_what_spark_hands_over_is_scored_as_the_table(model: Any) -> None:
    """Arrow's batches as pandas Series, put together as `spark_udf` does it."""
    import pyarrow as pa

    table = pa.Table.from_pandas(ROWS, preserve_index=False)
    names = model.metadata.get_input_schema().input_names()
    scored = []
    for batch in table.to_batches(max_chunksize=9):
        series = [batch.column(name).to_pandas() for name in names]
        scored.append(model.predict(pd.DataFrame(dict(zip(names, series, strict=True)))))
    labels = pd.concat(scored)["prediction_label"].to_numpy(float)
    np.testing.assert_array_equal(labels, at_once(ROWS)["prediction_label"].to_numpy())


def test_columns_of_nothing_but_text_are_columns_all_the_same(classifier: Any, model: Any) -> None:
    """MLflow hands lists of text over as one row of lists."""
    labels = classifier.predict({"body mass [kg]": ["60", "100", "140"]})["prediction_label"]
    assert labels.tolist() == ["no", "yes", "yes"]
    texts = {
        "body mass [kg]": ["60.5", ""],
        "smoker": ["yes", ""],
        "member": ["true", "false"],
        "joined": ["1990-01-02", ""],
    }
    frame = pd.DataFrame(texts)
    pd.testing.assert_frame_equal(model.predict(texts), at_once(frame))
    assert model.predict({name: [] for name in texts}).shape == (0, 1)


def test_the_graph_that_mlflow_loads_gives_onnxruntime_the_same_numbers(folder: Path) -> None:
    graph = mlflow.onnx.load_model(str(folder))
    texts = {entry.key: entry.value for entry in graph.metadata_props}
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    inputs = Manifest.from_json(texts["pipeline.manifest"]).inputs
    (label,) = session.run(None, {c.name: make_feed(c, list(ROWS[c.name])) for c in inputs})
    np.testing.assert_array_equal(label, at_once(ROWS)["prediction_label"])
