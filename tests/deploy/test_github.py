"""GitHub's workflow: whom it trusts, and what becomes of the job's exit codes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy import recipes

WORKFLOW = recipes.workflow()
STAND_IN = '#!/bin/sh\necho "$@" > "$PWD/arguments"\nexit "$(cat "$PWD/code")"\n'


def retrain(folder: Path, code: int, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the step's script as GitHub does, with a job that ends with this code."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN, encoding="utf-8")
    python.chmod(0o755)
    (folder / "code").write_text(str(code), encoding="utf-8")
    (folder / "step.sh").write_text(recipes.step("Retrain")["run"], encoding="utf-8")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "DRY_RUN": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", sorted({0, 143} | recipes.CODES))
def test_the_step_fails_for_faults_alone_and_says_so(tmp_path: Path, code: int) -> None:
    done = retrain(tmp_path, code)
    if code == 0:
        assert (done.returncode, done.stdout) == (0, "")
    elif code in recipes.NO_FAULT:
        assert done.returncode == 0
        assert done.stdout.startswith("::warning ")
    else:
        assert done.returncode == code
        assert done.stdout.startswith("::error ")


def test_a_dry_run_is_handed_on(tmp_path: Path) -> None:
    retrain(tmp_path, 0, DRY_RUN="1")
    words = (tmp_path / "arguments").read_text(encoding="utf-8").split()
    assert words[:4] == ["-m", recipes.JOB, "--dataset", "insurance"]
    assert words[-1] == "--dry-run"


def test_the_install_is_the_readmes() -> None:
    script = recipes.step("Install")["run"].strip().replace("\n", " && ")
    assert script in (recipes.ROOT / "README.md").read_text(encoding="utf-8")


def test_the_summary_that_is_kept_is_the_one_that_is_written() -> None:
    kept = recipes.step("Keep the summary")
    assert kept["if"] == "always()"
    assert f"--summary {kept['with']['path']}" in recipes.step("Retrain")["run"]


def test_actions_are_pinned_to_commits_with_their_version_beside_them() -> None:
    used = re.findall(r"uses: (.*)", recipes.read("github/retrain.yml"))
    assert len(used) == 3
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", x) for x in used)


def test_it_may_read_the_code_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in WORKFLOW["jobs"].values())


def test_two_runs_are_never_under_way_at_once() -> None:
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    assert "${{" not in WORKFLOW["concurrency"]["group"]
