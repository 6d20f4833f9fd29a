"""Column names: what PyCaret and the graph could not tell apart is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.column_names import CLEANED, COLUMN_ARGUMENTS, check_header
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.data.source import open_source
from pipeline.errors import ConfigError, DataError
from tests.data.tables import days, plain, read_file, write


def check(folder: Path, header: str, **spec: Any) -> None:
    file = folder / "table.csv"
    file.write_text(header + "\n" + header + "\n")
    values = {"name": "t", "task": "regression", "target": "y", "file": file, **spec}
    check_header(open_source(file), DatasetSpec(**values))


def test_the_cleaned_characters_are_pycarets_own() -> None:
    from pycaret.internal.preprocess.transformers import CleanColumnNames

    assert CleanColumnNames().match == CLEANED.pattern


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("a,a,y", "columns with the same name: 'a', 'a'"),
        (",a,y", "no name for column 1 of 3"),
        ("a, ,,y", "no name for column 2, 3 of 4"),
        ("a,[],y", "no name for column 2 of 3"),
        ("a:,a[,y", "columns with one name to PyCaret: 'a:', 'a['"),
        ("y:,a,y", "columns with one name to PyCaret: 'y:', 'y'"),
        ("a,Y", "there is no target column 'y'. Did you mean 'Y'?"),
        ("a,b", "there is no target column 'y'. Known: a, b"),
        ("y", "got the target alone"),
        ("a,y,prediction_label", "'prediction_label', a name kept for predictions"),
        ("a,y,prediction_score", "'prediction_score', a name kept for predictions"),
        ("a,y,prediction_score_yes", "a name kept for predictions"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(tmp_path: Path, header: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        check(tmp_path, header)
    assert says in str(caught.value)


@pytest.mark.parametrize("kind", ["numeric", "categorical", "date", "boolean", "ignore"])
def test_a_spec_that_lists_an_unknown_column_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match=f"{kind}: got 'aeg'.*Did you mean 'age'"):
        check(tmp_path, "age,y", **{kind: ("aeg",)})


def test_ignored_columns_may_be_called_anything_but_the_same(tmp_path: Path) -> None:
    check(tmp_path, "a,y,prediction_label,a:", ignore=("prediction_label", "a:"))
    with pytest.raises(DataError, match="the same name"):
        check(tmp_path, "a,b,b,y", ignore=("b",))


def test_awkward_names_are_kept_verbatim(tmp_path: Path) -> None:
    check(tmp_path, 'a b.c,"x[1], {""y""}",größe %,中文,y')


@pytest.mark.parametrize("argument", COLUMN_ARGUMENTS)
def test_columns_in_arguments_of_setup_must_be_there(argument: str, tmp_path: Path) -> None:
    file = write(tmp_path, plain(y=[i % 7 + 0.5 for i in range(60)], colour=["a", "b"] * 30))

    def loaded(column: str, ignore: tuple[str, ...] = ()) -> object:
        value = {column: ["a", "b"]} if argument == "ordinal_features" else [column]
        config = TrainConfig(data=file, target="y", setup={argument: value}, ignore=ignore)
        return load_dataset(find_dataset(config), config)

    assert loaded("colour")
    with pytest.raises(ConfigError, match=rf"{argument}: got 'color', which is not") as caught:
        loaded("color")
    assert "Did you mean 'colour'?" in str(caught.value.hint)
    with pytest.raises(ConfigError, match=rf"{argument}: got 'colour', which is not"):
        loaded("colour", ignore=("colour",))


@pytest.mark.parametrize(
    ("column", "says"), [("z", "not a column of table.csv"), ("y", "the target")]
)
def test_a_format_of_dates_for_no_column_of_dates_is_refused(
    tmp_path: Path, column: str, says: str
) -> None:
    file = write(tmp_path, plain(d=days().dt.strftime("%d.%m.%y").tolist()))
    with pytest.raises(ConfigError, match=f"date_format: got '{column}', which is .*{says}"):
        read_file(file, date_format={column: "%d.%m.%y"})
