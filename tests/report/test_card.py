"""The model card is good Markdown, and every refusal on it is the scorer's own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.automl.candidate_cost import Cost
from pipeline.errors import DataError
from pipeline.report import context, findings, result_tables
from pipeline.report.refused_inputs import SURPLUS, try_refused_inputs
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import Converted, TrainingResult, Unconverted
from tests import pictures
from tests.report.test_report import failed, written


def card(folder: Path, evidence: TrainingResult) -> str:
    with pictures.blank():
        written(folder, evidence)
    return (folder / "reports" / "model_card.md").read_text(encoding="utf-8")


def pickled(folder: Path) -> Path:
    """A folder with a pickle of 1,500 bytes, as far as its size matters."""
    (folder / "pickle").mkdir()
    (folder / "pickle" / "pipeline.pkl").write_bytes(bytes(1500))
    return folder


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


def test_every_refusal_on_the_card_is_one(hostile: Converted) -> None:
    found = dict(try_refused_inputs(hostile).rows)
    number, text, date, boolean = (column.name for column in hostile.model.manifest.inputs)
    row = {name: hostile.dataset.frame[name].head(1) for name in (number, text, date, boolean)}
    scorer = Scorer(hostile.model.data)
    sent = {
        f"{number} = 'twelve'": {**row, number: ["twelve"]},
        f"{number} = inf": {**row, number: [float("inf")]},
        f"{boolean} = None": {**row, boolean: [None]},
        f"{boolean} = 'maybe'": {**row, boolean: ["maybe"]},
        f"{date} = '31.12.2020'": {**row, date: ["31.12.2020"]},
        f"no {boolean}": {name: row[name] for name in (number, text, date)},
        f"a column more, {SURPLUS!r}": {**row, SURPLUS: [1]},
    }
    assert found.keys() == sent.keys()
    for case, columns in sent.items():
        with pytest.raises(DataError) as caught:
            scorer.predict(columns)
        assert found[case] == caught.value.message


def test_every_kind_of_hostile_row_is_explained(insurance: Converted, hostile: Converted) -> None:
    made = {row["kind"] for run in (insurance, hostile) for row in run.parity.table}
    assert made == set(result_tables.KINDS)
    assert {row[-1] for row in result_tables.tabulate_parity_by_kind(hostile).rows} <= set(
        result_tables.KINDS.values()
    )


def test_the_tiles_hold_speed_and_size_against_pycaret(
    insurance: Converted, tmp_path: Path
) -> None:
    first, *rest = insurance.trained.candidates
    cost = Cost(max_error=0.0, rows=9, microseconds_per_row=20.0, bytes=9)
    costly = replace(insurance.trained, candidates=(replace(first, cost=cost), *rest))
    fast = replace(insurance, trained=costly, pycaret_seconds=0.14, folder=pickled(tmp_path))
    tiles = {name: rest for name, *rest in context.build_tiles(fast)}
    assert tiles["one row"] == ["20 µs", "predict_model: 140 ms, about 7,000 times as long"]
    assert tiles["ONNX file"][1] == "the pickle: 1.5 kB"
    alone = {name: rest for name, *rest in context.build_tiles(replace(fast, pycaret_seconds=None))}
    assert alone["one row"] == ["20 µs", "one thread, inputs at hand"]
    assert "one row" not in {
        name for name, *_ in context.build_tiles(replace(insurance, folder=tmp_path))
    }


def test_a_wider_bound_is_shown_where_one_was_needed(insurance: Converted, tmp_path: Path) -> None:
    table = (*insurance.parity.table, {**insurance.parity.table[0], "bound": 1e-5})
    summary = {**insurance.parity.summary, "max_error_hostile": 3e-7}
    parity = replace(insurance.parity, table=table, summary=summary)
    wider = replace(insurance, parity=parity, folder=pickled(tmp_path))
    tiles = {name: beside for name, _, beside in context.build_tiles(wider)}
    assert tiles["largest error"].startswith("up to 1e-5 allowed")


def test_a_classifier_without_probabilities_says_so(penguins: Converted) -> None:
    held = penguins.trained.holdout_predictions
    labels = held[[n for n in held if not str(n).startswith("prediction_score")]]
    plain = replace(penguins, trained=replace(penguins.trained, holdout_predictions=labels))
    assert "no probabilities" in {found.title for found in findings.collect_findings(plain)}
    assert "no probabilities" not in {found.title for found in findings.collect_findings(penguins)}
