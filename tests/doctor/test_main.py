"""`python -m pipeline.doctor` as its user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest
from typer.testing import CliRunner

from pipeline.doctor import __main__ as doctor
from pipeline.doctor import check_disk, check_runs
from pipeline.doctor.finding import Finding
from tests import healthy, tracked
from tests.commands import ROOT, python

CHECKS = ["versions", "disk", "store", "paths", "runs", "leftovers", "registry", "models"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a champion; the tests of this file use it one after the other."""
    folder = tmp_path_factory.mktemp("doctor") / "project"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        tracked.enter(folder, patch)
        healthy.version("train-1")
        yield folder


def called(*arguments: str) -> tuple[int, str]:
    """Exit code and stdout of the command."""
    done = CliRunner().invoke(doctor.app, list(arguments))
    return done.exit_code, done.stdout


def document(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, text = called(*arguments, "--json")
    return code, json.loads(text)


@pytest.mark.usefixtures("project")
def test_a_healthy_store_gives_one_line_per_check_and_exit_code_0() -> None:
    code, text = called()
    *lines, total = text.splitlines()
    assert code == 0, text
    assert [line.split()[0] for line in lines] == ["ok"] * len(CHECKS)
    assert [line.split()[1] for line in lines] == CHECKS
    assert total == "0 problems, 0 notes, 0 fixed"


@pytest.mark.usefixtures("project")
def test_the_document_holds_every_finding() -> None:
    code, content = document("small")
    assert code == 0
    assert (content["ok"], content["problems"]) == (True, 0)
    assert [finding["check"] for finding in content["findings"]] == CHECKS
    keys = {"check", "subject", "status", "found", "expected", "action", "fixable"}
    assert all(finding.keys() == keys for finding in content["findings"])


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["\udcff", "\ud800", "\x1b[2J", "a\nok"])
def test_a_name_that_is_no_text_is_told(name: str) -> None:
    code, text = called(name)
    assert code == 1, text
    assert ascii(name)[1:-1] in text


KILLED = """
import os, signal
from pipeline.track import mlflow_run
with mlflow_run.open_run("small", "killed") as run:
    assert not run.offline
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("project")
def test_a_problem_ends_with_code_1_and_its_repair_with_code_0() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    code, text = called()
    assert code == 1
    assert "problem  runs       killed (" in text
    assert "do: python -m pipeline.doctor --fix" in text
    assert text.endswith("1 problem, 0 notes, 0 fixed (--fix repairs what it can)\n")
    code, content = document("--fix")
    assert (code, content["fixed"], content["problems"]) == (0, 1, 0)
    assert [f["status"] for f in content["findings"] if f["check"] == "runs"] == ["fixed", "ok"]
    assert called()[0] == 0


def test_a_moved_project_is_repaired_in_one_go(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = project.with_name("moved")
    monkeypatch.chdir(project.parent)
    project.rename(new)
    monkeypatch.chdir(new)
    code, content = document()
    assert (code, content["problems"]) == (1, 1)  # models are not looked at
    assert "models" not in {finding["check"] for finding in content["findings"]}
    assert document("--fix")[0] == 0
    assert len(mlflow.pyfunc.load_model("models:/small@champion").predict(tracked.frame())) == 10
    new.rename(project)
    monkeypatch.chdir(project)
    assert document("--fix")[0] == 0


@pytest.mark.usefixtures("project")
def test_an_unknown_model_is_a_problem() -> None:
    code, text = called("smal")
    assert code == 1
    assert "no such model" in text


def test_a_dead_server_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    code, content = document("--fix")
    assert code == 1
    assert content["findings"][-1]["check"] == "store"
    assert "nobody answers" in content["findings"][-1]["found"]


@pytest.mark.usefixtures("project")
def test_a_check_or_a_repair_that_fails_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(names: object) -> Iterator[Finding]:
        raise RuntimeError("no idea\nand more")

    def refuse() -> None:
        raise OSError("cannot")

    hopeless = Finding("store", "problem", "lost", repair=refuse)
    monkeypatch.setattr(check_disk, "check", broken)
    monkeypatch.setattr(check_runs, "check", lambda names: iter([hopeless]))
    found = healthy.examined(fix=True)
    assert healthy.wrong(found) == [("disk", "problem"), ("runs", "problem")]
    assert "RuntimeError: no idea" in {finding.found for finding in found}
    assert {finding.check for finding in found} == set(CHECKS)


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys; from typer.testing import CliRunner;"
        "from pipeline.doctor import __main__ as doctor;"
        "assert CliRunner().invoke(doctor.app, ['--help']).exit_code == 0;"
        "print({'mlflow', 'numpy', 'pandas', 'onnxruntime'} & set(sys.modules))"
    )
    assert python("-c", code, folder=ROOT).stdout.strip() == "set()"


def test_a_new_folder_has_no_store_yet_and_that_is_no_problem(tmp_path: Path) -> None:
    done = python("-m", "pipeline.doctor", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "note     store" in done.stdout
    assert list(tmp_path.iterdir()) == []
