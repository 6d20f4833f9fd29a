"""The recipes before the linters of their kind, each of which also sees a planted mistake.

The linters live in an environment of their own, since nothing else needs them.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy import recipes

pytestmark = pytest.mark.long

LINTERS = {
    "hadolint": ("hadolint", "--no-color", "--failure-threshold", "style"),
    "kubernetes-validate": ("kubernetes-validate", "--strict"),
    "actionlint": ("actionlint", "-no-color"),
    "zizmor": ("zizmor", "--offline", "--no-progress", "--persona", "pedantic"),
}


@dataclass(frozen=True)
class Mistake:
    """A change to one file that its linter must object to, with a word of the objection."""

    linter: str
    file: str
    right: str
    wrong: str
    word: str


K8S, GITHUB = "kubernetes/cronjob.yaml", "github/retrain.yml"
JOB, SCORE = "docker/Dockerfile", "docker/Dockerfile.score"
MISTAKES = [
    Mistake("hadolint", JOB, "# hadolint ignore=DL3008\n", "", "DL3008"),
    Mistake("hadolint", JOB, ":3.11-slim-bookworm AS", " AS", "DL3006"),
    Mistake("hadolint", SCORE, "COPY pipeline", "COPIED pipeline", "unexpected"),
    Mistake("kubernetes-validate", K8S, "concurrencyPolicy:", "concurrency:", "concurrency"),
    Mistake("kubernetes-validate", K8S, "Seconds: 7200", "Seconds: 2h", "integer"),
    Mistake("kubernetes-validate", K8S, "- action: FailJob", "- do: FailJob", "action"),
    Mistake("actionlint", GITHUB, "runs-on:", "run-on:", "run-on"),
    Mistake("actionlint", GITHUB, "secrets.MLFLOW_TRACKING_URI", "secret.X", "secret"),
    Mistake("actionlint", GITHUB, '"17 3 * * 1"', '"17 3 * *"', "cron"),
    Mistake("zizmor", GITHUB, "contents: read", "contents: write", "permissions"),
    Mistake("zizmor", GITHUB, "persist-credentials: false", "ref: main", "persist"),
    Mistake("zizmor", GITHUB, " ${DRY_RUN:+--dry-run} ", " ${{ inputs.x }} ", "template-injection"),
]


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the linters are installed."""
    place = tmp_path_factory.mktemp("linters")
    python = [sys.executable, "-m"]
    subprocess.run([*python, "venv", "--without-pip", place], check=True)
    install = [*python, "pip", "--python", place, "install", "-q", "--no-compile"]
    lock = Path(__file__).with_name("linters.txt")
    subprocess.run([*install, "--require-hashes", "-r", lock], check=True)
    return place / "bin"


def lint(bin_folder: Path, linter: str, file: Path) -> subprocess.CompletedProcess[str]:
    name, *options = LINTERS[linter]
    return subprocess.run(
        [bin_folder / name, *options, file],
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("linter", "name"), sorted({(mistake.linter, mistake.file) for mistake in MISTAKES})
)
def test_the_linter_has_nothing_to_say(bin_folder: Path, linter: str, name: str) -> None:
    done = lint(bin_folder, linter, recipes.DEPLOY / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: f"{each.linter}: {each.wrong}")
def test_the_linter_would_see_a_mistake(bin_folder: Path, tmp_path: Path, mistake: Mistake) -> None:
    text = recipes.read(mistake.file)
    assert text.count(mistake.right) == 1
    folder = tmp_path / ".github" / "workflows"  # where one of the linters looks for workflows
    folder.mkdir(parents=True)
    file = folder / Path(mistake.file).name
    file.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    done = lint(bin_folder, mistake.linter, file)
    assert done.returncode != 0
    assert mistake.word in done.stdout + done.stderr
