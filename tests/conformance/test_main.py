"""The command: its table, its files, its exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.bundle.target import Target
from pipeline.conformance import __main__ as conformance
from tests.bundle import proven
from tests.conformance.stand_ins import found, printing, target

PASSING = printing(found())
DIFFERING = printing(found(rows={"flips": 1}), 5)
CRASHING = target("echo broken pipe dream >&2; exit 1")
ABSENT = target("true", program="no-such-program")


def invoke(
    monkeypatch: pytest.MonkeyPatch, model: Path, *runtimes: Target, flags: tuple[str, ...] = ()
) -> Result:
    """Run the command with these runtimes in place of those of this machine."""

    def listed(*_: object) -> Mapping[str, Target]:
        return {str(number): each for number, each in enumerate(runtimes)}

    monkeypatch.setattr(conformance, "list_runtimes", listed)
    return CliRunner().invoke(conformance.app, ["--model", str(model), "--limit", "5", *flags])


@pytest.mark.parametrize(
    ("runtimes", "code"),
    [
        ((PASSING, ABSENT), 0),
        ((PASSING, DIFFERING, CRASHING), 5),
        ((PASSING, CRASHING), 3),
        ((ABSENT,), 3),
    ],
)
def test_the_worst_of_the_verdicts_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtimes: tuple[Target, ...], code: int
) -> None:
    done = invoke(monkeypatch, proven.regression(tmp_path), *runtimes)
    assert done.exit_code == code, done.output
    assert done.stdout.count("stand-in ") >= len(runtimes)  # the table is there all the same
    assert ("broken pipe dream" in done.output) == (CRASHING in runtimes)


def test_json_and_files_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kept"
    flags = ("--json", "--output", str(folder))
    done = invoke(monkeypatch, proven.regression(tmp_path / "onnx"), PASSING, flags=flags)
    record = json.loads(done.stdout)
    assert record == json.loads((folder / "conformance.json").read_text(encoding="utf-8"))
    assert [each["verdict"] for each in record["runtimes"]] == ["pass"]
    assert "| stand-in |" in (folder / "conformance.md").read_text(encoding="utf-8")


def test_a_changed_model_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = proven.regression(tmp_path)
    model.write_bytes(model.read_bytes() + b"\0")
    done = invoke(monkeypatch, model, target(f"touch {tmp_path / 'ran'}"))
    assert done.exit_code == 3, done.output
    assert not (tmp_path / "ran").exists()


def test_an_unknown_runtime_is_misuse(tmp_path: Path) -> None:
    arguments = ["--model", str(proven.regression(tmp_path)), "--only", "cobol"]
    assert CliRunner().invoke(conformance.app, arguments).exit_code == 2
