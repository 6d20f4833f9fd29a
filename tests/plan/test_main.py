"""The command that says what converts exactly, without training."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from benchmarks.leaks import MADE
from pipeline.plan import __main__ as plan
from tests.commands import python


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(plan.app, list(arguments))


def config_file(folder: Path, text: str) -> str:
    (folder / "train.toml").write_text(text)
    return str(folder / "train.toml")


def test_an_exact_run_says_so_in_its_last_line() -> None:
    result = invoke("--dataset", "insurance", "--include", "lr,gbr")
    assert result.exit_code == 0
    first, title, head, *rows, last = result.stdout.splitlines()
    assert (first, title) == ("insurance: regression", "Models")
    assert head.split() == ["name", "verdict", "why"]
    assert [row.split() for row in rows] == [["lr", "exact"], ["gbr", "exact"]]
    assert last == "Verdict: exact for 2 candidate models"


def test_models_with_a_note_are_named_with_it() -> None:
    result = invoke("--dataset", "insurance", "--include", "lr,knn,xgboost")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Verdict: exact with a note: knn, xgboost"
    assert "equally near" in result.stdout
    assert "float32" in result.stdout


def test_a_refused_option_ends_with_4_and_says_why_and_what_to_do(tmp_path: Path) -> None:
    text = '[setup]\ntrain_size = 0.8\nencoding_method = "HashingEncoder"\n'
    result = invoke("--dataset", "insurance", "--config", config_file(tmp_path, text))
    assert result.exit_code == 4
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["train_size", "0.8", "exact"] in lines
    row = next(line for line in result.stdout.splitlines() if line.startswith("encoding_method"))
    assert "refused" in row
    assert "hash of a text" in row
    assert "instead: any other encoder" in row
    assert result.stdout.splitlines()[-1] == "Verdict: refused: encoding_method"
    assert result.stderr.splitlines()[-1].startswith("hint: encoding_method: any other encoder")


def test_without_onnx_nothing_is_refused(tmp_path: Path) -> None:
    text = 'onnx = false\n[setup]\nencoding_method = "HashingEncoder"\n'
    result = invoke("--dataset", "insurance", "--config", config_file(tmp_path, text))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Verdict: refused: encoding_method"


def test_json_is_one_object_per_line(tmp_path: Path) -> None:
    result = invoke("--dataset", "penguins", "--include", "lr,knn", "--log-format", "json")
    *lines, last = map(json.loads, result.stdout.splitlines())
    assert [(line["kind"], line["name"], line["verdict"]) for line in lines] == [
        ("model", "lr", "exact"),
        ("model", "knn", "exact with a note"),
    ]
    assert (last["kind"], last["verdict"]) == ("plan", "exact with a note")


def test_a_plan_needs_neither_pycaret_nor_pandas(tmp_path: Path) -> None:
    command = ("-m", "pipeline.plan", "--dataset", "titanic")
    done = python("-X", "importtime", *command, folder=tmp_path)
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert imported.isdisjoint({"mlflow", "numpy", "onnx", "pandas", "pycaret", "sklearn"})


def test_a_table_of_ones_own_is_read_and_everything_about_it_said(tmp_path: Path) -> None:
    rows = [f"{i % 28 + 1:02}.03.2021;0{i % 7};{i},5 €;x;{i}" for i in range(60)]
    file = tmp_path / "t.csv"
    file.write_text("day;zip;price;same;y\n" + "\n".join(rows) + "\n", "utf-8")
    command = ("--data", str(file), "--target", "y", "--include", "lr", "--categorical", "zip")
    result = invoke(*command)
    assert result.exit_code == 0, result.output
    for line in ("Columns, date: day", "Columns, text: zip", "Columns, number: price"):
        assert line in result.stdout.splitlines()
    for note in ("dates as DD.MM.YYYY", "the sign '€'", "'same' is left out"):
        assert any(
            line.startswith("Note: column") and note in line for line in result.stdout.splitlines()
        )
    lines = [
        json.loads(line)
        for line in invoke(*command, "--log-format", "json").stdout.split("\n")[:-1]
    ]
    columns = {line["name"]: line["holds"] for line in lines if line["kind"] == "column"}
    assert columns == {"day": "date", "zip": "text", "price": "number"}


def test_a_table_that_cannot_be_trained_on_ends_with_3(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,y\n" + "1,2\n" * 5)
    assert invoke("--data", str(file), "--target", "y", "--task", "regression").exit_code == 3


def test_what_the_table_alone_tells_is_said_before_training(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    MADE["recoded target"].bad().frame.to_csv(file, index=False)
    flags = ("--data", str(file), "--target", "grade", "--include", "lr")
    lines = invoke(*flags).stdout.splitlines()
    assert lines[-3].startswith("Audit: RED, copy of the target: grade_code is grade")
    entries = map(json.loads, invoke(*flags, "--log-format", "json").stdout.splitlines())
    (alarm,) = [entry for entry in entries if entry["kind"] == "alarm"]
    assert (alarm["level"], alarm["columns"]) == ("red", ["grade_code"])


def test_faults_of_pycaret_are_noted(tmp_path: Path) -> None:
    text = '[setup]\nnumeric_imputation = "drop"\n'
    result = invoke("--dataset", "insurance", "--config", config_file(tmp_path, text))
    assert "Note: With drop imputation predict_model returns no row" in result.stdout
