"""What the audit has found stands wherever a person looks, before the verdict on the graph."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.leaks import MADE
from pipeline.rendering.wording import escape_markdown
from pipeline.report.mlflow_description import compose_description
from pipeline.track.record import describe_training
from pipeline.train import __main__ as train
from pipeline.train import artifacts
from tests import tracked
from tests.audit.stand_in import AMBER, CLEAN, FOUND, RED


def test_tags_and_description_name_what_fired(tmp_path: Path) -> None:
    for whole in (tracked.evidence(tmp_path / "a"), tracked.unconverted(tmp_path / "b")):
        leaking = replace(whole, audit=FOUND)
        record = describe_training("small", "run", leaking, compose_description(leaking))
        assert record.tags["audit"] == "red"
        assert record.tags["audit.checks"] == "single column, bias"
        assert RED.check in record.description.split("\n\n")[0]
        assert AMBER.text in record.description
        clean = describe_training("small", "run", replace(whole, audit=CLEAN), "")
        assert (clean.tags["audit"], clean.tags["audit.checks"]) == ("clean", "none")
        assert "audit" not in describe_training("small", "run", whole, "").tags


def test_the_table_has_a_line_per_alarm_and_per_quiet_check(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    artifacts._write_audit(replace(tracked.evidence(tmp_path), audit=FOUND))
    table = json.loads((tmp_path / "tables" / "audit.json").read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert [(row["check"], row["level"]) for row in rows] == [
        ("single column", "red"),
        ("bias", "amber"),
        ("too good", "clean"),
    ]
    assert rows[0]["columns"] == "a | b"


@pytest.mark.slow
@pytest.mark.parametrize("onnx", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_training_over_a_leak_says_so_before_its_verdict(
    onnx: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    frame = MADE["recoded target"].bad().frame
    frame.to_csv("small.csv", index=False)
    flags = ["--data", "small.csv", "--target", "grade", "--include", "dt", "--fold", "2"]
    done = CliRunner().invoke(
        train.app, [*flags, *([] if onnx else ["--no-onnx"]), "--output", "out"]
    )
    assert done.exit_code == 0, done.output
    first = done.stdout.index("Audit:   RED, copy of the target: grade_code is grade")
    assert first < done.stdout.index("Verdict:")
    tags = tracked.only_run(client).data.tags
    assert tags["audit"] == "red" and "copy of the target" in tags["audit.checks"]
    report = Path("out", "reports", "report.html").read_text(encoding="utf-8")
    assert 'class="verdict audit red"' in report and 'class="verdict pass"' not in report
    card = Path("out", "reports", "model_card.md").read_text(encoding="utf-8")
    assert escape_markdown("grade_code is grade") in card
    assert json.loads(Path("out", "tables", "audit.json").read_text())["data"][0][1] == "red"
