"""The images: what they are made of, and that scoring's steps give an image that scores."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline import errors
from pipeline.runtime.scorer import Scorer
from tests import small_models, tracked
from tests.commands import ROOT
from tests.deploy import docker, recipes

CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
FILES = ("Dockerfile", "Dockerfile.score")
every = pytest.mark.parametrize("name", FILES)


def runs(name: str) -> str:
    return "\n".join(rest for word, rest in docker.instructions(name) if word == "RUN")


@every
def test_the_steps_install_a_whole_lock_by_its_hashes(name: str) -> None:
    (file,) = re.findall(r"pip install -q --require-hashes -r (\S+)", runs(name))
    copies = [rest.split() for word, rest in docker.instructions(name) if word == "COPY"]
    assert [Path(file).name, file] in copies
    assert (ROOT / Path(file).name).is_file()


def test_the_job_has_what_the_readme_installs() -> None:
    assert docker.copied("Dockerfile") == ["requirements.txt", "pipeline", "datasets"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "install -q --require-hashes -r requirements.txt" in readme


def test_the_jobs_lock_is_part_of_what_the_tests_run_with() -> None:
    """.ci/run installs requirements-dev.txt; every pin of the image is one of those."""
    assert "--require-hashes -r requirements-dev.txt" in CI
    pins = re.compile(r"^[a-z0-9].*?==\S+", re.MULTILINE)
    job, tested = (
        set(pins.findall((ROOT / name).read_text(encoding="utf-8")))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert job
    assert job <= tested


def test_system_packages_are_those_of_the_tests() -> None:
    (packages,) = re.findall(
        r"apt-get install -y --no-install-recommends ([\w -]+?) +&&", runs("Dockerfile")
    )
    assert packages.split()
    assert all(package in CI for package in packages.split())
    assert "apt-get" not in runs("Dockerfile.score")


@every
def test_nobody_is_root(name: str) -> None:
    words = [word for word, _ in docker.last_stage(name)]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert docker.user(name) > 0


@every
def test_what_is_copied_is_sent_to_docker_and_nothing_else(name: str) -> None:
    lines = recipes.read(f"docker/{name}.dockerignore").splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == set(docker.copied(name))


@pytest.mark.parametrize(
    "name", ["ORT_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"]
)
def test_the_job_phones_nobody(name: str) -> None:
    assert docker.variables("Dockerfile")[name] in {"1", "true"}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> docker.Image:
    """The job's image with this process's packages, which hold all of its lock."""
    root = tmp_path_factory.mktemp("job")
    (root / "opt").mkdir()
    (root / "opt" / "venv").symlink_to(sys.prefix)
    image = docker.Image(root)
    image.build("Dockerfile")
    return image


def test_without_arguments_the_job_says_what_it_takes(job: docker.Image) -> None:
    done = job.run("Dockerfile", *json.loads(docker.only("Dockerfile", "CMD")))
    assert done.returncode == 0, done.stderr
    assert "--dataset" in done.stdout


def test_the_job_knows_the_datasets_of_the_image(job: docker.Image) -> None:
    done = job.run("Dockerfile", "--dataset", "nothing")
    assert done.returncode == errors.DataError.exit_code
    assert "insurance" in done.stderr


@pytest.mark.long
def test_scorings_steps_give_an_image_that_scores(tmp_path: Path) -> None:
    image = docker.Image(tmp_path)
    image.build("Dockerfile.score")
    model = small_models.regression()
    rows = tracked.frame().drop(index=0)
    work = tmp_path / "work"
    (work / "model.onnx").write_bytes(model)
    rows.to_csv(work / "new.csv", index=False)
    arguments = ["--model", "model.onnx", "--data", "new.csv", "--output", "scored.csv"]
    done = image.run("Dockerfile.score", *arguments)
    assert done.returncode == 0, done.stderr
    scored = pd.read_csv(work / "scored.csv", float_precision="round_trip")
    expected = Scorer(model).score_frame(rows)
    assert scored["prediction_label"].tolist() == expected["prediction_label"].tolist()
