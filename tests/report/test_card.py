"""The model card is good Markdown, and every refusal on it is the scorer's own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.report import findings, result_tables
from pipeline.track.training_result import Converted, TrainingResult, Unconverted
from tests import pictures
from tests.report.test_page import failed, written


def card(folder: Path, evidence: TrainingResult) -> str:
    with pictures.blank():
        written(folder, evidence)
    return (folder / "reports" / "model_card.md").read_text(encoding="utf-8")


def tables(text: str) -> list[list[str]]:
    """Consecutive lines that begin with a bar."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("insurance", "passed", marks=pytest.mark.long),
        pytest.param("penguins", "failed", marks=pytest.mark.long),
        ("hostile", "passed"),
        ("hostile", "no graph"),
    ],
)
def test_tables_and_headings_are_markdown(
    name: str, how: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run: Converted = request.getfixturevalue(name)
    evidence: TrainingResult = failed(run) if how == "failed" else run
    if how == "no graph":
        evidence = Unconverted(run.dataset, run.config, run.trained, tmp_path, "switched off")
    text = card(tmp_path, evidence)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("#", "|")) and not lines[number - 1].startswith("|") and number:
            assert lines[number - 1] == "", "a heading or table right after text"
    for table in tables(text):
        bars = {row.replace("\\|", "").count("|") for row in table}
        assert len(bars) == 1
        assert re.fullmatch(r"\|( --- \|)+", table[1])
    headings = [line for line in lines if line.startswith("## ")]
    assert len(set(headings)) == len(headings)
    assert ("## What the model looks at" in headings) == (how != "no graph")
    assert ("## Refused inputs" in headings) == (how != "no graph")
    assert ("got 'twelve', expected a number" in text) == (how != "no graph")


def test_every_kind_of_hostile_row_is_explained(insurance: Converted, hostile: Converted) -> None:
    made = {row["kind"] for run in (insurance, hostile) for row in run.parity.table}
    assert made == set(result_tables.KINDS)
    assert {row[-1] for row in result_tables.tabulate_parity_by_kind(hostile).rows} <= set(
        result_tables.KINDS.values()
    )


def test_a_classifier_without_probabilities_says_so(penguins: Converted) -> None:
    held = penguins.trained.holdout_predictions
    labels = held[[n for n in held if not str(n).startswith("prediction_score")]]
    plain = replace(penguins, trained=replace(penguins.trained, holdout_predictions=labels))
    assert "no probabilities" in {found.title for found in findings.collect_findings(plain)}
    assert "no probabilities" not in {found.title for found in findings.collect_findings(penguins)}
