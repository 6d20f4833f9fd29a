"""One store that is made once; each test gets a copy in a folder of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

from pipeline.doctor import check_paths
from tests import healthy, tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with a champion and the version before it."""
    folder = tmp_path_factory.mktemp("healthy") / "project"
    folder.mkdir()
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        tracked.enter(folder, patch)
        healthy.version("train-1")
        healthy.version("train-2")
        shutil.rmtree("out")
    os.chdir(before)
    return folder


@pytest.fixture
def project(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A healthy project folder, which is the working folder."""
    folder = tmp_path / "a project"
    shutil.copytree(original, folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    check_paths.rewrite_paths(folder / "mlflow.db", {original: folder})
    (folder / "mlflow.db.before-fix-1").unlink()
    _artifact_repos_cache.clear()  # MLflow keeps places by run, which are the same in every copy
    return folder


@pytest.fixture
def client(project: Path) -> MlflowClient:
    from mlflow import MlflowClient

    assert project == Path.cwd()
    return MlflowClient()
