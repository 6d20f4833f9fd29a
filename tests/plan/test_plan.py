"""`python -m pipeline.plan`: what converts, said before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from benchmarks.leaks import MADE
from pipeline.config.train_config import TrainConfig
from pipeline.convert.support.caveat import CaveatKind
from pipeline.convert.support.caveats import CAVEATS
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConversionError
from pipeline.plan import __main__ as plan
from pipeline.plan.plan import ConversionPlan, Verdict, format_setting, plan_conversion
from tests.commands import python

REFUSED = {"encoding_method": "HashingEncoder"}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(plan.app, list(arguments))


def planned(**settings: object) -> ConversionPlan:
    config = TrainConfig(dataset="insurance", **settings)
    return plan_conversion(config, find_dataset(config))


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


def test_the_steps_of_a_composed_model_are_listed_in_order() -> None:
    found = planned(include=("lr", "dt"), tune={"n_iter": 3}, blend={"top": 2})
    steps = [(step.name, step.value) for step in found.of("step")]
    assert steps == [("tune", "n_iter = 3"), ("blend", "top = 2")]


@pytest.mark.parametrize(
    ("method", "verdict"), [("sigmoid", Verdict.exact), ("isotonic", Verdict.noted)]
)
def test_a_calibration_by_steps_is_noted(method: str, verdict: Verdict) -> None:
    settings = TrainConfig(dataset="juice", include=("nb",), calibrate={"method": method})
    (step,) = plan_conversion(settings, find_dataset(settings)).of("step")
    assert step.verdict is verdict


def test_faults_of_pycaret_are_noted(tmp_path: Path) -> None:
    text = '[setup]\nnumeric_imputation = "drop"\n'
    result = invoke("--dataset", "insurance", "--config", config_file(tmp_path, text))
    assert "Note: With drop imputation predict_model returns no row" in result.stdout


def test_json_is_one_object_per_line(tmp_path: Path) -> None:
    result = invoke("--dataset", "penguins", "--include", "lr,knn", "--log-format", "json")
    *lines, last = map(json.loads, result.stdout.splitlines())
    assert [(line["kind"], line["name"], line["verdict"]) for line in lines] == [
        ("model", "lr", "exact"),
        ("model", "knn", "exact with a note"),
    ]
    assert (last["kind"], last["verdict"]) == ("plan", "exact with a note")


def test_a_training_logs_its_plan_unless_all_is_exact(caplog: pytest.LogCaptureFixture) -> None:
    for models in (("lr",), ("lr", "knn")):
        with caplog.at_level("INFO"):
            planned(include=models).announce()
    (record,) = caplog.records
    assert record.getMessage() == "plan: exact with a note: knn; python -m pipeline.plan says why"


def test_the_worst_judgement_is_the_verdict() -> None:
    assert planned(include=("lr",)).verdict is Verdict.exact
    assert planned(include=("lr", "knn")).verdict is Verdict.noted
    assert planned(include=("lr", "knn"), setup=REFUSED).verdict is Verdict.refused


def test_a_plan_needs_neither_pycaret_nor_pandas(tmp_path: Path) -> None:
    command = ("-m", "pipeline.plan", "--dataset", "titanic")
    done = python("-X", "importtime", *command, folder=tmp_path)
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert imported.isdisjoint({"mlflow", "numpy", "onnx", "pandas", "pycaret", "sklearn"})


def test_every_step_makes_models_that_have_a_converter() -> None:
    """What the plan calls exact must have one: the classes that PyCaret composes of."""
    from pipeline.convert.estimators.dispatch import load_converters

    made = ("Voting", "Stacking", "Bagging", "AdaBoost")
    expected = {f"sklearn.{kind}{task}" for kind in made for task in ("Classifier", "Regressor")}
    expected |= {"sklearn.CalibratedClassifierCV", "pycaret.CustomProbabilityThresholdClassifier"}
    assert expected <= load_converters().keys()


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


REFUSALS: tuple[tuple[str, Any], ...] = (
    *((f"{kind}_iterative_imputer", "KNN") for kind in ("numeric", "categorical")),
    *((f"{kind}_iterative_imputer", "catboost") for kind in ("numeric", "categorical")),
    ("numeric_iterative_imputer", "lr"),
    ("custom_pipeline", {"class": "sklearn.decomposition.NMF", "n_components": 2}),
    ("encoding_method", {"class": "category_encoders.HashingEncoder"}),
    ("create_date_columns", ["date"]),
)
"""One value for each row of the table."""


def refused(**setup: Any) -> ConversionPlan:
    return planned(setup=setup)


@pytest.mark.parametrize(("argument", "value"), REFUSALS)
def test_every_refusal_raises_with_its_reason_and_an_alternative(argument: str, value: Any) -> None:
    plan = refused(**{argument: value})
    (row,) = plan.refusals
    with pytest.raises(ConversionError) as raised:
        plan.refuse()
    assert (
        f"{argument} = {format_setting(plan.config.setup[argument])} ({row.text})"
        in raised.value.message
    )
    assert f"{argument}: {row.instead}" in raised.value.hint
    assert "--no-onnx" in raised.value.hint
    assert raised.value.exit_code == 4
    assert row.text in plan.reason
    assert plan.instead == f"{argument}: {row.instead}"


def test_every_row_of_the_table_refuses_an_option() -> None:
    found = [row for argument, value in REFUSALS for row in refused(**{argument: value}).refusals]
    assert found == [row for row in CAVEATS if row.kind is CaveatKind.refused_option]


def test_every_refused_argument_is_named_at_once() -> None:
    found = dict(REFUSALS)
    with pytest.raises(ConversionError) as raised:
        refused(**found).refuse()
    assert set(raised.value.details["arguments"]) == found.keys()
    refused(train_size=0.8).refuse()


def test_a_run_with_a_graph_switched_off_says_so() -> None:
    plan = planned(onnx=False)
    assert (plan.reason, plan.instead) == ("switched off", "train without --no-onnx")


def fitted(rows: int, **settings: Any) -> ConversionPlan:
    """The plan for a made table of two classes."""
    config = TrainConfig(dataset="juice", **settings)
    spec = find_dataset(config)
    frame = pd.DataFrame({"x": 1.0, spec.target: np.arange(rows) % 2})
    return plan_conversion(config, spec).fit_to(Dataset(spec, frame, "", spec.file))


def test_a_model_that_the_table_rules_out_is_left_out_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("WARNING"):
        plan = fitted(20_000, include=("gpc", "lr"))
    assert plan.config.include == plan.models == ("lr",)
    assert "left out on 20,000 rows: gpc: it keeps a matrix" in caplog.text
    assert "--no-onnx" in caplog.text
    slow = fitted(20_000, compare={"turbo": False}, exclude=("lr",))
    assert slow.config.exclude == ("lr", "gpc")
    assert fitted(20_000, include=("gpc", "lr"), onnx=False).config.include == ("gpc", "lr")


def test_a_run_is_as_it_was_where_no_limit_is_reached() -> None:
    assert fitted(100, include=("gpc",)).config.include == ("gpc",)
    assert fitted(20_000).config == TrainConfig(dataset="juice")


def test_a_run_without_a_candidate_left_is_refused() -> None:
    with pytest.raises(ConversionError, match="any candidate on 20,000 rows: gpc: ") as raised:
        fitted(20_000, include=("gpc",))
    assert "fewer rows" in raised.value.hint
    assert "--no-onnx" in raised.value.hint


def test_what_a_table_tells_is_added(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = [f"2021-01-{i % 28 + 1:02},{'<a[b]c'[i % 3 :: 3]},{i}" for i in range(60)]
    file.write_text("day,city,y\n" + "\n".join(rows) + "\n", "utf-8")
    config = TrainConfig(data=file, target="y", task="regression")
    plan = plan_conversion(config, find_dataset(config))
    assert (plan.columns, plan.warnings) == ((), ())
    plan = plan.add_table(load_dataset(plan.spec, config))
    assert plan.by_kind == {"date": ["day"], "text": ["city"]}
    assert any("'<b' in 'city'" in text for text in plan.warnings)
    assert any("no date" in text for text in plan.warnings)
