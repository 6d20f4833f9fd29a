"""What killed processes leave is found and removed; what may still be in use is not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.doctor import check_leftovers
from pipeline.doctor.finding import Finding
from pipeline.retrain import lock
from pipeline.system import atomic_file
from pipeline.track import mlflow_run, store
from pipeline.train import artifacts
from tests import tracked
from tests.commands import ROOT
from tests.doctor.findings import repair

if TYPE_CHECKING:
    from mlflow import MlflowClient


DEAD = 2**22 - 1
"""The largest pid of a 64-bit Linux, which nobody has."""


def found() -> list[Finding]:
    return [f for f in check_leftovers.check([]) if f.status != "ok"]


def aged(path: Path) -> Path:
    """The same path, last written an hour ago."""
    for entry in (path, *path.rglob("*")):
        os.utime(entry, (time.time() - 3600,) * 2)
    return path


def draft(name: str, *content: str) -> Path:
    """A folder as a killed run leaves it."""
    folder = Path(name).absolute()
    for part in content or ("onnx", "pickle"):
        (folder / part).mkdir(parents=True)
    return aged(folder)


def killed(code: str) -> None:
    """Run code in this folder; it kills its own process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.usefixtures("project")
def test_a_tidy_folder_is_said_to_be_so() -> None:
    (finding,) = check_leftovers.check([])
    assert finding.status == "ok"


def test_drafts_of_a_store_go_and_the_store_and_its_journal_stay(project: Path) -> None:
    ends = ("", "-journal", "-wal", "-0123abcd", "-0123abcd-journal")
    drafts = [project / f"mlflow.db-{DEAD}{end}" for end in ends]
    others = [project / f"mlflow.db-{end}" for end in ("journal", f"{os.getpid()}", "x.lock")]
    for file in (*drafts, *others):
        file.touch()
        aged(file)
    for finding in found():
        assert finding.status == "note"
        repair(finding)
    assert not any(file.exists() for file in drafts)
    assert all(file.exists() for file in others)
    assert (project / "mlflow.db").exists()


BEGUN = """
import os, signal
from pathlib import Path
from pipeline.train import artifacts
with artifacts._aside(Path("out")) as draft:
    (draft / "onnx").mkdir()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("project")
def test_a_draft_of_artifacts_is_left_alone_while_it_is_young_and_then_goes() -> None:
    killed(BEGUN)
    (finding,) = found()
    assert (finding.status, finding.fixable) == ("note", False)
    aged(Path(finding.subject))
    (finding,) = found()
    repair(finding)
    assert found() == []
    assert not Path(finding.subject).exists()


@pytest.mark.usefixtures("project")
def test_a_draft_of_a_living_process_is_no_leftover() -> None:
    with artifacts._aside(Path("out")) as folder:
        (folder / "onnx").mkdir()
        aged(folder)
        assert found() == []


SCORING = """
import os, signal
from pathlib import Path
from pipeline.runtime.batch import Batch
from pipeline.score.sinks import open_sink
Path("week 1").mkdir()
with open_sink(Path("week 1", "scored.csv"), ()) as sink:
    sink.write(Batch(0, {"a": ["x"]}), {})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_draft_of_a_killed_scoring_is_found_and_goes(project: Path) -> None:
    killed(SCORING)
    (finding,) = found()
    assert (finding.status, finding.fixable) == ("note", False)
    assert "scored.csv" in finding.found
    (folder,) = project.glob("week 1")
    (left,) = folder.iterdir()
    aged(left)
    (finding,) = found()
    repair(finding)
    assert list(folder.iterdir()) == []
    assert found() == []


def test_drafts_of_living_processes_and_other_files_stay(project: Path) -> None:
    (project / f".notes-{DEAD}.draft").touch()
    (project / f".huge-{'9' * 40}-0123abcd.draft").mkdir()
    (project / f".mail-{DEAD}-0123abcd.draft").symlink_to("mlflow.db")
    (project / f".page-{DEAD}-0123abcd.draft").mkdir()
    with atomic_file.replace_atomically(project / "scored.csv"):
        for path in project.glob(".*.draft"):
            os.utime(path, (time.time() - 3600,) * 2, follow_symlinks=False)
        assert found() == []


@pytest.mark.usefixtures("project")
def test_folders_of_somebody_else_stay() -> None:
    draft(f".out-{DEAD}-abcdefgh", "onnx", "my notes")
    draft(".venv-311", "config")
    draft(".cache-tmp-abcdefgh", "config")
    assert found() == []


@pytest.mark.usefixtures("project")
def test_an_interrupted_replacement_is_finished_and_the_old_folder_goes_afterwards() -> None:
    draft(f".out-{DEAD}-abcdefgh-old", "onnx", "config")
    new = draft(f".out-{DEAD}-abcdefgh")
    (new / "onnx" / "model.onnx").write_bytes(b"new")
    aged(new)
    (finding,) = found()
    assert (finding.status, finding.subject) == ("problem", str(Path("out")))
    repair(finding)
    assert Path("out", "onnx", "model.onnx").read_bytes() == b"new"
    (finding,) = found()
    repair(finding)
    assert found() == []
    assert Path("out").is_dir()


def kept(name: str) -> Path:
    """A folder of artifacts that no store took."""
    folder = artifacts.KEPT / name
    with mlflow_run.open_run("small", name) as run:
        tracked.log(run, tracked.evidence(folder, count=1))
    return folder


def test_kept_artifacts_are_named_with_the_command_until_a_run_has_them(
    client: MlflowClient,
) -> None:
    folder = kept("train-9")
    assert found() == []
    (run,) = client.search_runs(
        [client.get_experiment_by_name("small").experiment_id],
        "attributes.run_name = 'train-9'",
    )
    client.set_terminated(run.info.run_id, "KILLED")
    (finding,) = found()
    assert (finding.status, finding.fixable) == ("note", False)
    assert finding.action == f"log it: python -m pipeline.track {folder}"
    mlflow_run.push_folder(folder)
    assert found() == []


@pytest.mark.usefixtures("project")
def test_kept_artifacts_without_a_record_are_named_once_nobody_writes_there() -> None:
    folder = draft(str(artifacts.KEPT / "train-9"))
    (finding,) = found()
    assert f"rm -r {folder.relative_to(Path.cwd())}" in finding.action
    (folder / "onnx" / "model.onnx").touch()
    assert found() == []


LOCKED = """
import os, signal
from pipeline.retrain import lock
with lock.model_lock("small"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("project")
def test_a_lock_whose_holder_was_killed_is_free_and_said_so() -> None:
    killed(LOCKED)
    (finding,) = found()
    assert (finding.status, finding.subject) == ("note", str(lock.lock_path("small")))
    assert "the lock is free" in finding.found
    repair(finding)
    assert found() == []
    with lock.model_lock("small"):
        assert found() == []


def test_a_moment_in_the_future_counts_as_old(tmp_path: Path) -> None:
    """As after a clock was moved back: it would stay young for years."""
    file = tmp_path / "file"
    file.touch()
    assert check_leftovers._is_young(tmp_path)
    os.utime(file, (time.time() + 10**6,) * 2)
    assert not check_leftovers._is_young(tmp_path)


@pytest.mark.usefixtures("project")
def test_a_server_has_no_drafts_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "sqlite_file", lambda: None)
    assert list(check_leftovers._stores()) == []
    shutil.rmtree("mlruns")
    assert list(check_leftovers._folders()) == []
