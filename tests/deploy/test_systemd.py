"""The units for systemd, checked by systemd's own tools; none of them needs it to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import needed
from tests.deploy import recipes

UNITS = ("retrain@.service", "retrain@.timer", "retrain-alert@.service")


@pytest.fixture(autouse=True)
def _systemd() -> None:
    needed(shutil.which("systemd-analyze"), "systemd-analyze")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they are installed, for a project in a folder of this test."""
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(sys.executable)
    for name in UNITS:
        text = recipes.read(f"systemd/{name}").replace("/srv/retrain", str(project))
        (tmp_path / name.replace("@.", "@insurance.")).write_text(text, encoding="utf-8")
    shutil.copy(tmp_path / "retrain-alert@insurance.service", tmp_path / "retrain-alert@.service")
    return tmp_path


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    files = [str(folder / name.replace("@.", "@insurance.")) for name in UNITS]
    return analyze("--man=no", "verify", *files)


def test_systemd_has_nothing_to_say_against_the_units(units: Path) -> None:
    done = verify(units)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("retrain@insurance.service", "TimeoutStartSec=", "TimeoutStartSeconds="),
        ("retrain@insurance.service", "/.venv/bin/python", "/.venv/bin/missing"),
        ("retrain@insurance.service", "SuccessExitStatus=6 ", "SuccessExitStatus=SIX "),
        ("retrain@insurance.timer", "OnCalendar=Mon ", "OnCalendar=Someday "),
        ("retrain-alert@insurance.service", "/bin/sh", "/bin/missing"),
    ],
)
def test_a_mistake_would_be_seen(units: Path, name: str, right: str, wrong: str) -> None:
    text = (units / name).read_text(encoding="utf-8")
    assert right in text
    (units / name).write_text(text.replace(right, wrong), encoding="utf-8")
    assert verify(units).stderr != ""


def test_the_job_may_do_little_to_the_machine(units: Path) -> None:
    """By systemd's scale a unit without restrictions is at 96 of 100."""
    file = str(units / "retrain@insurance.service")
    done = analyze("security", "--offline=true", "--threshold=30", file)
    assert done.returncode == 0, done.stdout


def test_the_timer_fires_once_a_week() -> None:
    when = recipes.unit("retrain@.timer")["OnCalendar"]
    done = analyze("calendar", "--iterations=2", "--base-time=2026-01-05 12:00:00", when)
    assert "Mon 2026-01-12 03:00:00" in done.stdout
    assert "Mon 2026-01-19 03:00:00" in done.stdout


def test_a_failure_starts_the_alert_and_a_refusal_does_not() -> None:
    service = recipes.unit("retrain@.service")
    assert service["OnFailure"] == "retrain-alert@%n.service"
    fine = {int(code) for code in service["SuccessExitStatus"].split()}
    assert fine & recipes.CODES == recipes.NO_FAULT
    assert fine - recipes.CODES == {143}


def test_the_alert_hands_on_which_unit_failed(tmp_path: Path) -> None:
    """The command as it stands there, with the specifier filled in as systemd does."""
    prefix = "/bin/sh -c "
    command = recipes.unit("retrain-alert@.service")["ExecStart"]
    assert command.startswith(prefix)
    script = command.removeprefix(prefix).strip("'").replace("%i", "retrain@insurance.service")
    subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": os.environ["PATH"], "ALERT": f"tee {tmp_path / 'message'}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    message = (tmp_path / "message").read_text(encoding="utf-8")
    assert message.startswith("retrain@insurance.service failed\n")
