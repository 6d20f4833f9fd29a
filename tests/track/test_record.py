"""What is told to MLflow can be read back, and identifies the training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.automl.candidate_cost import Cost
from pipeline.config.validation import Validation
from pipeline.errors import UsageError
from pipeline.track import record
from tests import tracked


def described(evidence: Any) -> record.Record:
    return record.describe_training("small", "train-1", evidence, "a description")


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    written = described(tracked.evidence(tmp_path, setup={"normalize": True}))
    written.write(tmp_path)
    assert record.Record.read(tmp_path) == written
    assert [file.name for file in (tmp_path / "config").iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "5", '"x"', '{"children": [{"name": 1}]}', "[" * 5_000, '{"children": 5}'],
)
def test_a_damaged_record_is_a_usage_error_that_names_the_folder(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / record.FILE).write_text(content)
    with pytest.raises(UsageError, match=tmp_path.name):
        record.Record.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("R2", "cv_r2"), ("Prec.", "cv_prec"), ("My score (%)", "cv_my_score"), ("F1", "cv_f1")],
)
def test_metric_names_are_plain(name: str, expected: str) -> None:
    assert record.name_metrics("cv", {name: 1}) == {expected: 1.0}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "text", None])
def test_only_finite_numbers_are_metrics(value: Any) -> None:
    assert record.name_metrics("cv", {"MAE": value}) == {}


def test_the_example_holds_raw_rows_with_their_missing_values(tmp_path: Path) -> None:
    example = described(tracked.evidence(tmp_path)).example
    assert example["columns"] == ["body mass [kg]", "smoker", "member", "joined"]
    assert example["data"][0] == [None, None, True, None]
    assert example["data"][1][3].startswith("1990-01-01T00:00:00")


def test_the_profile_counts_every_row_of_a_large_table(tmp_path: Path) -> None:
    evidence = tracked.evidence(tmp_path)
    table = pd.concat([evidence.dataset.frame] * 200, ignore_index=True)
    larger = replace(evidence, dataset=replace(evidence.dataset, frame=table))
    profile = json.loads(described(larger).dataset["profile"])
    assert profile == {"num_rows": 2000, "num_elements": 2000 * 5}


def fingerprint(folder: Path, **settings: Any) -> str:
    evidence = tracked.evidence(folder, **settings)
    return record.fingerprint_training(evidence.dataset, evidence.config)


def test_the_fingerprint_is_the_same_for_the_same_training(tmp_path: Path) -> None:
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")


def test_where_results_go_is_not_part_of_the_fingerprint(tmp_path: Path) -> None:
    elsewhere = {"output": Path("x"), "experiment": "other", "register": False}
    assert fingerprint(tmp_path) == fingerprint(tmp_path, **elsewhere)


@pytest.mark.parametrize("setting", [{"seed": 2}, {"fold": 5}, {"setup": {"normalize": True}}])
def test_what_decides_the_result_is_part_of_the_fingerprint(
    tmp_path: Path, setting: dict[str, Any]
) -> None:
    assert fingerprint(tmp_path) != fingerprint(tmp_path, **setting)


def test_other_data_is_another_fingerprint(tmp_path: Path) -> None:
    evidence = tracked.evidence(tmp_path)
    other = replace(evidence.dataset, sha256="cd" * 32)  # type: ignore[type-var]
    assert record.fingerprint_training(other, evidence.config) != fingerprint(tmp_path)


def test_what_a_candidate_is_as_a_graph_goes_to_its_own_run_and_the_winners_to_the_run(
    tmp_path: Path,
) -> None:
    evidence = tracked.evidence(tmp_path)
    first, second, third = evidence.trained.candidates
    good = Cost(max_error=1e-15, rows=9, microseconds_per_row=12.5, bytes=800)
    tried = (replace(first, cost=good), replace(second, cost=Cost(refusal="no form")), third)
    trained = replace(evidence.trained, candidates=tried, choice="lr was chosen, not gbr")
    found = described(replace(evidence, trained=trained))
    assert found.children[0].metrics["onnx_microseconds_per_row"] == 12.5
    assert found.children[0].metrics["onnx_bytes"] == 800
    assert found.children[0].tags["convertible"] == "yes"
    assert not [name for name in found.children[1].metrics if name.startswith("onnx_")]
    assert found.children[1].tags["convertible"] == "no: no form"
    assert "convertible" not in found.children[2].tags
    assert found.children[0].metrics["onnx_max_error"] == 1e-15
    assert found.metrics["onnx_microseconds_per_row"] == 12.5
    assert "onnx_max_error" not in found.metrics  # parity_max_error_* is that of the final graph


def test_how_rows_were_split_is_a_parameter_wherever_it_was_said(tmp_path: Path) -> None:
    evidence = tracked.evidence(tmp_path)
    spec = evidence.dataset.spec.model_copy(update={"validation": Validation(group="smoker")})
    split = replace(evidence, dataset=replace(evidence.dataset, spec=spec))
    assert described(split).params["validation.group"] == "smoker"
    assert not [name for name in described(evidence).params if name.startswith("validation")]
