"""Stage 1: the project's own tables, tables of one's own, and what is inferred about them."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.train_config import DatasetSpec, TrainConfig, read_spec
from pipeline.data.dataset import DATASETS, Dataset, find_dataset, list_datasets, load_dataset
from pipeline.errors import ConfigError, DataError, PipelineError, UsageError
from pipeline.manifest.columns import Known
from tests.data.tables import plain, write

SHAPES = {
    "insurance": (1338, 7),
    "juice": (1070, 18),
    "penguins": (344, 8),
    "titanic": (891, 11),
}


def own(folder: Path, columns: dict[str, Any], **settings: Any) -> Dataset:
    config = TrainConfig(data=write(folder, columns), target="y", **settings)
    return load_dataset(find_dataset(config), config)


@pytest.mark.parametrize("name", SHAPES)
def test_the_projects_own_tables_load_as_pandas_reads_them(name: str) -> None:
    dataset = load_dataset(find_dataset(TrainConfig(dataset=name)))
    assert dataset.frame.shape == SHAPES[name]
    reference = pd.read_csv(dataset.path, float_precision="round_trip")
    pd.testing.assert_frame_equal(dataset.frame, reference[dataset.frame.columns])
    assert dataset.sha256 == hashlib.sha256(dataset.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", SHAPES)
def test_the_projects_own_specs_are_complete(name: str) -> None:
    spec = read_spec(DATASETS / f"{name}.toml")
    assert spec.name == name
    assert spec.metric and spec.source and spec.licence
    listed = {*spec.numeric, *spec.categorical, *spec.date, *spec.boolean, *spec.ignore}
    assert listed | {spec.target} == set(pd.read_csv(spec.file, nrows=0))


def test_the_datasets_are_listed_by_name() -> None:
    assert set(SHAPES) <= set(list_datasets())


def test_titanic_has_the_awkward_columns() -> None:
    dataset = load_dataset(find_dataset(TrainConfig(dataset="titanic")))
    assert "PassengerId" not in dataset.features
    assert ("Cabin", "text") in [(column.name, column.kind) for column in dataset.inputs]
    assert dataset.frame["Cabin"].isna().sum() == 687
    assert dataset.frame["Name"].is_unique


def test_features_and_inputs_follow_the_files_order_without_the_target(tmp_path: Path) -> None:
    dataset = own(
        tmp_path,
        {
            "when": [f"2020-01-{i % 28 + 1:02}" for i in range(60)],
            **plain(),
            "b": ["true", "false"] * 30,
        },
    )
    assert dataset.features == ("when", "x", "g", "b")
    assert [column.kind for column in dataset.inputs] == ["date", "number", "text", "boolean"]


def test_inputs_carry_what_training_saw(tmp_path: Path) -> None:
    columns = plain(
        when=[f"2020-01-{i % 28 + 1:02}" for i in range(60)],
        gappy=[None if i == 3 else "ab"[i % 2] for i in range(60)],
        said=[f"word {i}" for i in range(60)],
        b=["true", "false"] * 30,
    )
    dataset = own(tmp_path, columns, setup={"text_features": ["said"]})
    first, last = pd.Timestamp("2020-01-01").value, pd.Timestamp("2020-01-28").value
    assert {column.name: column.known for column in dataset.inputs} == {
        "x": Known(minimum=0.0, maximum=88.5),
        "g": Known(categories=("a", "b")),
        "when": Known(minimum=first, maximum=last),
        "gappy": Known(categories=("a", "b"), missing=True),
        "said": Known(),
        "b": Known(),
    }


def test_a_config_moves_columns_to_the_kinds_it_lists(tmp_path: Path) -> None:
    columns = plain(zip=[f"0{i % 7}" for i in range(60)], id=range(60))
    dataset = own(tmp_path, columns, categorical=["zip"], ignore=["id"])
    assert dataset.features == ("x", "g", "zip")
    assert dataset.frame["zip"].tolist()[:2] == ["00", "01"]
    spec = find_dataset(TrainConfig(dataset="titanic", ignore=["Name"], categorical=["Pclass"]))
    assert spec.ignore == ("PassengerId", "Name")
    assert "Name" not in spec.categorical
    assert "Pclass" in spec.categorical
    assert load_dataset(spec).frame["Pclass"].tolist()[:3] == ["3", "1", "3"]


def test_whole_numbers_stay_whole_and_gaps_make_them_floats(tmp_path: Path) -> None:
    gaps = [None if i == 3 else i for i in range(60)]
    dataset = own(tmp_path, plain(i=range(60), gaps=gaps))
    assert dataset.frame["i"].dtype == np.int64
    assert dataset.frame["gaps"].dtype == np.float64


def test_parquet_gives_the_same_table_as_csv(tmp_path: Path) -> None:
    columns = plain(
        gaps=[None if i == 3 else "abc"[i % 3] for i in range(60)],
        when=[f"2020-01-{i % 28 + 1:02}" for i in range(60)],
        n=[None if i == 3 else i for i in range(60)],
    )
    csv = own(tmp_path, columns)
    frame = pd.DataFrame(columns).astype({"gaps": "category", "n": "Int64"})
    frame["when"] = pd.to_datetime(frame["when"])
    frame.to_parquet(tmp_path / "table.parquet")
    config = TrainConfig(data=tmp_path / "table.parquet", target="y")
    parquet = load_dataset(find_dataset(config), config)
    pd.testing.assert_frame_equal(parquet.frame, csv.frame)
    assert parquet.inputs == csv.inputs


@pytest.mark.parametrize(
    ("values", "task", "dtype"),
    [
        (["yes", "no"] * 30, "classification", "object"),
        (["true", "false"] * 30, "classification", "object"),
        ([0, 1, 2] * 20, "classification", "int64"),
        ([0.0, 1.0] * 30, "classification", "int64"),
        (list(range(60)), "regression", "int64"),
        ([i + 0.25 for i in range(60)], "regression", "float64"),
        ([0.5, 1.5] * 30, "regression", "float64"),
        ([i % 12 for i in range(60)], "regression", "int64"),
    ],
)
def test_the_task_is_inferred_from_the_target_and_said_aloud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, values: list[Any], task: str, dtype: str
) -> None:
    with caplog.at_level(logging.INFO):
        dataset = own(tmp_path, plain(y=values))
    assert dataset.spec.task == task
    assert dataset.frame["y"].dtype == dtype
    assert f"task: {task}, because the target 'y' holds" in caplog.text


def test_a_given_task_is_not_inferred(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert own(tmp_path, plain(y=[0, 1, 2] * 20), task="regression").spec.task == "regression"
    assert "task:" not in caplog.text


def test_boolean_classes_are_labels_as_the_file_writes_them(tmp_path: Path) -> None:
    dataset = own(tmp_path, plain(y=["true", "FALSE"] * 30))
    assert dataset.frame["y"].unique().tolist() == ["true", "FALSE"]


def test_an_own_table_is_named_after_its_file(tmp_path: Path) -> None:
    file = write(tmp_path, plain()).rename(tmp_path / "my table (2).csv")
    assert find_dataset(TrainConfig(data=file, target="y")).name == "my-table-2-"


def test_an_own_spec_is_found_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, plain())
    file = tmp_path / "own.toml"
    file.write_text("name='own'\ntask='regression'\ntarget='y'\nfile='table.csv'\nignore=['g']")
    spec = find_dataset(TrainConfig(dataset=str(file)))
    assert spec.file == tmp_path / "table.csv"
    assert load_dataset(spec).features == ("x",)


def test_another_table_takes_the_place_of_the_datasets_own(tmp_path: Path) -> None:
    own = find_dataset(TrainConfig(dataset="penguins"))
    newer = tmp_path / "newer.csv"
    newer.write_bytes(own.file.read_bytes())
    spec = find_dataset(TrainConfig(dataset="penguins", data=newer))
    assert spec == own.model_copy(update={"file": newer})
    assert load_dataset(spec).frame.equals(load_dataset(own).frame)
    with pytest.raises(DataError, match=r"none.csv: cannot be read"):
        load_dataset(find_dataset(TrainConfig(dataset="penguins", data="none.csv")))


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({}, UsageError, "got no table, expected one. Give --dataset NAME (insurance, juice"),
        ({"data": "x.csv"}, UsageError, "--target COLUMN"),
        ({"dataset": "insurence"}, DataError, "Did you mean 'insurance'? Available: insurance, ju"),
        (
            {"dataset": "weather"},
            DataError,
            "no dataset 'weather'. Known: insurance, juice, penguins, titanic",
        ),
        ({"dataset": "nowhere/own.toml"}, DataError, "there is no file 'nowhere/own.toml'"),
        ({"data": "none.csv", "target": "y"}, DataError, "none.csv: cannot be read"),
        ({"dataset": "juice", "target": "STORE"}, UsageError, "says 'Purchase'"),
        ({"dataset": "juice", "task": "regression"}, UsageError, "says 'classification'"),
        ({"dataset": "juice", "include": ["kr"]}, ConfigError, "a model id of classification"),
        ({"dataset": "juice", "metric": "R2"}, ConfigError, "a metric of classification"),
        (
            {"dataset": "juice", "setup": {"transform_target": True}},
            ConfigError,
            "for regression only",
        ),
    ],
)
def test_a_table_that_cannot_be_found_is_refused(
    settings: dict[str, Any], error: type[PipelineError], says: str
) -> None:
    with pytest.raises(error) as caught:
        find_dataset(TrainConfig(**settings))
    assert says in str(caught.value)


def test_the_file_a_spec_names_must_exist(tmp_path: Path) -> None:
    spec = DatasetSpec(name="a", task="regression", target="y", file=tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read"):
        load_dataset(spec)


def test_a_thousand_columns_load(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wide = {f"c{i}": rng.normal(size=60).tolist() for i in range(1000)}
    assert len(own(tmp_path, {**wide, **plain()}).inputs) == 1002


def test_a_dataset_is_ready_for_the_folds_of_its_config(tmp_path: Path) -> None:
    small = plain(24)
    with pytest.raises(DataError, match="got 24 rows, expected at least 29"):
        own(tmp_path, small, task="regression")
    assert len(own(tmp_path, small, task="regression", fold=3).frame) == 24
