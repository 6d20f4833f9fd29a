"""The command scores a file as the scorer scores its values, or writes nothing."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.errors import ConfigError, DataError
from pipeline.runtime.batch import SIZE
from pipeline.runtime.scorer import Scorer
from pipeline.score.__main__ import app
from pipeline.score.run import load_model, score_file
from tests.small_models import INPUTS, classification, regression, ruled

MASS, SMOKER, MEMBER, JOINED = (column.name for column in INPUTS)
CSV = """\
charges;joined;member;smoker;body mass [kg]
1;1970-01-02;true;yes;80.5
2;;False;"a
b";NA

3;1970-01-03T10:00;0;;1e2
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(regression())
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def large(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            MASS: random.normal(80, 20, rows).round(3),
            SMOKER: random.choice(["yes", "no", "ü;,"], rows),
            MEMBER: random.random(rows) < 0.5,
            JOINED: pd.Timestamp("2000-01-01")
            + pd.to_timedelta(random.integers(0, 9999, rows), "D"),
        },
        index=random.permutation(rows),
    )


def test_a_csv_keeps_its_cells_and_gains_predictions(
    model: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scored.csv"
    result = run("--model", model, "--data", data, "--output", output)
    assert result.exit_code == 0, result.output
    assert output.read_text() == (
        "charges,joined,member,smoker,body mass [kg],prediction_label\n"
        "1,1970-01-02,true,yes,80.5,1091.5\n"
        '2,,False,"a\nb",NA,70.0\n'
        "3,1970-01-03T10:00,0,,1e2,103.0\n"
    )
    assert result.stdout.splitlines()[-1] == str(output)


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("target", ["csv", "parquet"])
def test_a_file_scores_as_its_frame(model: Path, tmp_path: Path, source: str, target: str) -> None:
    frame, scorer = large(SIZE * 2 + 7), Scorer(model)
    data, output = tmp_path / f"new.{source}", tmp_path / f"scored.{target}"
    frame.to_csv(data, index=False) if source == "csv" else frame.to_parquet(data)
    assert score_file(scorer, data, output) == len(frame)
    # pandas' default parser is off by one unit in the last place
    exact: Any = {"float_precision": "round_trip"}
    scored = pd.read_csv(output, **exact) if target == "csv" else pd.read_parquet(output)
    scored = scored.reset_index(drop=True)
    expected = scorer.score_frame(frame).reset_index(drop=True)
    np.testing.assert_array_equal(scored["prediction_label"], expected["prediction_label"])
    for name in (MASS, SMOKER, MEMBER):
        np.testing.assert_array_equal(scored[name], frame[name])
    assert (pd.to_datetime(scored[JOINED]).to_numpy() == frame[JOINED].to_numpy()).all()


def test_a_csv_becomes_a_typed_parquet(model: Path, data: Path, tmp_path: Path) -> None:
    output = tmp_path / "scored.parquet"
    assert run("--model", model, "--data", data, "--output", output).exit_code == 0
    scored = pd.read_parquet(output)
    expected = pd.DataFrame(
        {
            "charges": ["1", "2", "3"],
            JOINED: pd.to_datetime(["1970-01-02", "", "1970-01-03 10:00"], format="ISO8601"),
            MEMBER: [True, False, False],
            SMOKER: ["yes", "a\nb", None],
            MASS: [80.5, np.nan, 100.0],
            "prediction_label": [1091.5, 70.0, 103.0],
        }
    )
    pd.testing.assert_frame_equal(scored, expected, check_dtype=False)
    assert scored.dtypes.drop(JOINED).astype(str).to_dict() == (
        expected.dtypes.drop(JOINED).astype(str).to_dict()
    )


def test_scores_are_named_as_in_a_frame(tmp_path: Path) -> None:
    model, data = tmp_path / "m.onnx", tmp_path / "new.csv"
    model.write_bytes(classification(("no", "yes")))
    data.write_text(f"{MASS}\n50\n\n150\n")
    output = tmp_path / "scored.csv"
    for flags in ([], ["--raw-score"]):
        assert run("--model", model, "--data", data, "--output", output, *flags).exit_code == 0
        expected = Scorer(model).score_frame(pd.read_csv(data), raw_score=bool(flags))
        pd.testing.assert_frame_equal(pd.read_csv(output), expected, check_dtype=False)


def test_a_table_without_rows_gives_a_table_without_rows(model: Path, tmp_path: Path) -> None:
    data, output = tmp_path / "new.csv", tmp_path / "scored.csv"
    large(0).to_csv(data, index=False)
    assert run("--model", model, "--data", data, "--output", output).exit_code == 0
    assert list(pd.read_csv(output)) == [MASS, SMOKER, MEMBER, JOINED, "prediction_label"]
    parquet = tmp_path / "scored.parquet"
    assert run("--model", model, "--data", data, "--output", parquet).exit_code == 0
    assert pd.read_parquet(parquet).shape == (0, 5)


def test_surplus_columns_are_refused_unless_asked_to_stay(
    model: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scored.csv"
    data.write_text(CSV.replace("charges", "id"))
    result = run("--model", model, "--data", data, "--output", output)
    assert (result.exit_code, output.exists()) == (3, False)
    assert "error: columns that the model does not take: 'id'" in result.stderr
    kept = run("--model", model, "--data", data, "--output", output, "--ignore-surplus")
    assert kept.exit_code == 0
    assert pd.read_csv(output)["id"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1e2", "1,2", "row 3 (line 6), column 'body mass [kg]': got '1,2', expected a number"),
        ("1e2", "inf", "row 3 (line 6), column 'body mass [kg]': got 'inf', expected a number"),
        (";False;", ";;", "row 2 (line 3), column 'member': got '', expected true or false"),
        ("1970-01-03", "3.1.1970", "row 3 (line 6), column 'joined': got '3.1.1970T10:00'"),
        ("smoker", "smokes", "columns missing: 'smoker' (text, nearest: 'smokes')"),
        ("3;1970", "1970", "row 3 (line 6): got 4 fields, expected 5"),
        (";1e2", ';"1e2', "starts on line 6 is no CSV"),
    ],
)
def test_bad_input_writes_nothing_and_says_where(  # noqa: PLR0917
    model: Path, data: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert old in CSV
    data.write_text(CSV.replace(old, new))
    result = run("--model", model, "--data", data, "--output", folder / "scored.csv")
    assert result.exit_code == 3
    assert message in result.stderr
    assert "hint: " in result.stderr
    assert list(folder.iterdir()) == []


def test_a_bad_value_late_in_a_file_leaves_the_old_output(model: Path, tmp_path: Path) -> None:
    frame = large(SIZE + 5).astype({MASS: object})
    frame.iloc[-1, 0] = "heavy"
    data, output = tmp_path / "new.csv", tmp_path / "scored.csv"
    frame.to_csv(data, index=False)
    output.write_text("yesterday's")
    result = run("--model", model, "--data", data, "--output", output)
    assert result.exit_code == 3
    assert f"row {SIZE + 5} (line {SIZE + 6}), column '{MASS}': got 'heavy'" in result.stderr
    assert output.read_text() == "yesterday's"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "new.csv", "scored.csv"]


def test_an_output_that_cannot_be_is_refused(model: Path, data: Path, tmp_path: Path) -> None:
    def code(output: Path) -> int:
        return int(run("--model", model, "--data", data, "--output", output).exit_code)

    assert code(tmp_path / "none" / "scored.csv") == 3
    assert code(tmp_path / "scored.txt") == 2
    assert code(data) == 2
    (tmp_path / "folder.csv").mkdir()
    assert code(tmp_path / "folder.csv") == 3


def test_an_unproven_model_is_used_with_a_warning(data: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(regression(verdict="fail"))
    result = run(
        *("--model", model, "--data", data, "--output", tmp_path / "s.csv", "--log-format", "json")
    )
    assert result.exit_code == 0
    line = json.loads(result.stderr.splitlines()[0])
    assert (line["level"], line["message"]) == (
        "warning",
        "the model's parity verdict is 'fail'",
    )


def test_no_model_is_an_error(data: Path, tmp_path: Path) -> None:
    result = run("--model", tmp_path / "no.onnx", "--data", data, "--output", tmp_path / "s.csv")
    assert result.exit_code == 3
    assert "expected an ONNX file" in result.stderr


def test_an_mlflow_address_without_mlflow_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ConfigError, match="mlflow is not installed"):
        load_model("models:/insurance@champion")


def test_a_registered_model_scores_from_its_address(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    import mlflow
    import onnx

    with mlflow.start_run():
        info = mlflow.onnx.log_model(
            onnx.load(model), name="model", registered_model_name="small", pip_requirements=["onnx"]
        )
    mlflow.MlflowClient().set_registered_model_alias("small", "champion", "1")
    for address in ("models:/small@champion", "models:/small/1", info.model_uri):
        assert load_model(address).manifest == Scorer(model).manifest
    with pytest.raises(DataError, match="no model models:/small@nobody"):
        load_model("models:/small@nobody")


def test_the_command_needs_neither_pandas_nor_anything_of_training(
    model: Path, data: Path, tmp_path: Path
) -> None:
    parquet, back = tmp_path / "s.parquet", tmp_path / "back.csv"
    blocked = ["pandas", "sklearn", "skl2onnx", "pycaret", "mlflow", "onnx", "pydantic"]
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "from pipeline.score.run import load_model, score_file\n"
        "from pathlib import Path\n"
        f"scorer = load_model({str(model)!r})\n"
        f"score_file(scorer, Path({str(data)!r}), Path({str(parquet)!r}))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    scored = pd.read_parquet(parquet)
    assert scored["prediction_label"].tolist() == [1091.5, 70.0, 103.0]
    scored.drop(columns="prediction_label").to_parquet(parquet)
    code = code.replace(str(parquet), str(back)).replace(str(data), str(parquet))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert pd.read_csv(back)["prediction_label"].tolist() == [1091.5, 70.0, 103.0]


@pytest.fixture
def ruled_model(tmp_path: Path) -> Path:
    path = tmp_path / "ruled.onnx"
    path.write_bytes(ruled())
    return path


STRANGE = CSV.replace("80.5", "900").replace("1970-01-03T10:00", "2021-02-30")


@pytest.mark.parametrize("choice", ["warn", "error", "ignore"])
def test_what_the_model_has_never_seen_is_said_refused_or_passed_over(
    ruled_model: Path, data: Path, tmp_path: Path, choice: str
) -> None:
    data.write_text(STRANGE)
    output, summary = tmp_path / "scored.csv", tmp_path / "summary.json"
    result = run(
        *("--model", ruled_model, "--data", data, "--output", output, "--unseen", choice),
        *("--summary", summary),
    )
    told = json.loads(summary.read_text())
    said = result.stderr if choice == "error" else result.stdout
    for words in (
        "column 'body mass [kg]': 1 row has a value outside the range of training (row 1 (line 2))",
        "column 'smoker': 1 row has a category that training never saw (row 2 (line 3)): 'a\\nb'",
        "column 'joined': 1 row has no date",
    ):
        assert (words in said) is (choice != "ignore")
    assert [(one["column"], one["what"], one["line"]) for one in told["unseen"]] == [
        ("body mass [kg]", "range", 2),
        ("smoker", "category", 3),
        ("joined", "no date", 6),
    ]
    if choice == "error":
        assert (result.exit_code, output.exists(), told["output"]) == (3, False, None)
    else:
        assert (result.exit_code, told["rows"], told["output"]) == (0, 3, str(output))
        assert result.stdout.splitlines()[-1] == str(output)


def test_formulas_are_escaped_on_request_only(model: Path, data: Path, tmp_path: Path) -> None:
    data.write_text(CSV.replace('"a\nb"', "=1+1"))
    output = tmp_path / "scored.csv"
    for flags, told in (([], "=1+1"), (["--escape-formulas"], "'=1+1")):
        result = run("--model", model, "--data", data, "--output", output, *flags)
        assert result.exit_code == 0, result.output
        assert pd.read_csv(output)["smoker"].tolist()[1] == told


def test_a_summary_that_cannot_be_written_leaves_the_old_one(
    ruled_model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, summary = tmp_path / "scored.csv", tmp_path / "summary.json"
    summary.write_text("yesterday's")
    replace = Path.replace

    def full(draft: Path, target: Path) -> Path:
        if target.name == summary.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", full)
    result = run(
        *("--model", ruled_model, "--data", data, "--output", output, "--summary", summary)
    )
    assert (result.exit_code, summary.read_text()) == (3, "yesterday's"), result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["new.csv", "ruled.onnx", "scored.csv", "summary.json"]
    )


def test_a_known_table_is_scored_without_a_word(
    ruled_model: Path, data: Path, tmp_path: Path
) -> None:
    data.write_text(CSV.replace('"a\nb"', "no"))
    output = tmp_path / "scored.csv"
    result = run("--model", ruled_model, "--data", data, "--output", output, "--unseen", "error")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 2), result.output


@pytest.mark.parametrize(
    "clash", ["summary data", "summary output", "summary model", "output model"]
)
@pytest.mark.parametrize("spelt", ["plain", "link", "other name"])
def test_nothing_that_is_read_or_written_is_replaced(
    data: Path, tmp_path: Path, clash: str, spelt: str
) -> None:
    files = {
        **{"model": tmp_path / "model.csv", "data": data, "output": tmp_path / "scored.csv"},
        "summary": tmp_path / "summary.json",
    }
    files["model"].write_bytes(regression())
    files["output"].write_text("yesterday's")
    written, other = clash.split()
    files[written] = tmp_path / f"same{files[other].suffix}"
    if spelt == "plain":
        files[written] = tmp_path / "." / ".." / tmp_path.name / files[other].name
    elif spelt == "link":
        files[written].symlink_to(files[other])
    else:
        files[written].hardlink_to(files[other])
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    result = run(*(part for name, file in files.items() for part in (f"--{name}", file)))
    assert result.exit_code == 2, result.output
    assert f"--{written} is the file that --{other}" in result.stderr
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("place", ["folder", "missing/summary.json"])
def test_a_summary_that_has_no_place_is_refused_before_anything_is_scored(
    model: Path, data: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "folder").mkdir()
    output, summary = tmp_path / "scored.csv", tmp_path / place
    result = run("--model", model, "--data", data, "--output", output, "--summary", summary)
    assert (result.exit_code, output.exists()) == (3, False), result.output


def test_a_summary_may_go_where_the_output_goes_if_that_is_no_file(
    model: Path, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scored.csv"
    output.symlink_to("/dev/null")
    result = run("--model", model, "--data", data, "--output", output, "--summary", "/dev/null")
    assert result.exit_code == 0, result.output


def test_an_address_of_mlflow_makes_no_store(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    result = run("--model", "models:/a@champion", "--data", data, "--output", tmp_path / "o.csv")
    assert (result.exit_code, list(Path.cwd().iterdir())) == (2, []), result.output
    assert "got no MLflow store" in result.stderr
