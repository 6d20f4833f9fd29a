"""What becomes of the job's exit codes in Airflow and in Prefect."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import orchestrators, recipes


@pytest.fixture
def flow(tmp_path: Path) -> Any:
    """Prefect's flow for a project whose job ends with the number in `code`."""
    module = orchestrators.flow()
    module.PROJECT = str(tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\necho late >&2\nexit $(cat code)\n', encoding="utf-8")
    python.chmod(0o755)
    return module


def test_airflow_skips_what_is_no_fault_and_lets_all_else_fail() -> None:
    assert set(orchestrators.dag()["skip_on_exit_code"]) == recipes.NO_FAULT


def test_airflow_works_in_the_project() -> None:
    assert orchestrators.dag()["cwd"] == orchestrators.flow().PROJECT == "/srv/retrain"


@pytest.mark.parametrize("code", sorted({0} | recipes.CODES))
def test_prefects_state_follows_from_the_exit_code(flow: Any, tmp_path: Path, code: int) -> None:
    (tmp_path / "code").write_text(str(code), encoding="utf-8")
    state = flow.retrain("insurance")
    if code == 0:
        assert state.name == "Completed"
    elif code in recipes.NO_FAULT:
        assert state.kind == "Completed"
        assert state.name not in {"Completed", "Failed"}
    else:
        assert state.kind == "Failed"
        assert str(code) in state.message


def test_prefects_log_has_the_jobs_lines(
    flow: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "code").write_text("0", encoding="utf-8")
    with caplog.at_level(logging.INFO, "prefect"):
        flow.retrain("insurance")
    first, last = caplog.messages
    assert first.startswith(f"-m {recipes.JOB} --dataset insurance ")
    assert last == "late"


def test_a_cancelled_flow_ends_the_job_with_sigterm(flow: Any, tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin" / "python").write_text(
        "#!/bin/sh\ntrap 'touch terminated; exit 143' TERM\ntouch started\n"
        "while :; do sleep 0.05; done\n",
        encoding="utf-8",
    )

    def cancel() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        flow.retrain("insurance")
    thread.join()
    assert (tmp_path / "terminated").exists()
