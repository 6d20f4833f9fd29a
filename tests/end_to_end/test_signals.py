"""A training that is told to end: closed as KILLED, nothing half-done, and the next one works."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipeline.system.signals import Terminated
from pipeline.track import mlflow_run
from tests import tracked
from tests.commands import Preloaded, Running, started

pytestmark = pytest.mark.slow

ENDED = pytest.mark.attack(
    "a training told to end, by SIGTERM or Ctrl-C, at each stage",
    "run closed as killed, no process and no file left, registry whole",
)
STAGES = ("export", "verify", "track", "register")


@dataclass(frozen=True)
class Place:
    """A working folder with a store, and a folder of its own for temporary files."""

    folder: Path
    temporary: Path
    client: MlflowClient

    def run(self, experiment: str) -> Any:
        """The one training in an experiment, its candidates left out."""
        found = self.client.get_experiment_by_name(experiment)
        assert found is not None
        runs = self.client.search_runs([found.experiment_id])
        (run,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
        return run

    def statuses(self) -> set[str]:
        """How the runs of all experiments ended, candidates included."""
        every = [found.experiment_id for found in self.client.search_experiments()]
        return {run.info.status for run in self.client.search_runs(every)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder, temporary = (tmp_path_factory.mktemp(name) for name in ("work", "temporary"))
    with pytest.MonkeyPatch.context() as patch:
        yield Place(folder, temporary, tracked.enter(folder, patch))


@pytest.fixture(scope="module", autouse=True)
def _in_time(ready: Preloaded) -> None:
    """It imports while the first tests run."""


def options(experiment: str, *models: str) -> list[str]:
    return [
        *("--dataset", "insurance", "--include", ",".join(models), "--fold", "2"),
        *("--experiment", experiment, "--promote", "a test"),
    ]


def begun(place: Place, ready: Preloaded, name: str, *models: str) -> Running:
    where = {"TMPDIR": str(place.temporary)}
    return ready.started(place.folder, name, *options(name, *models), **where)


def assert_clean(place: Place, running: Running) -> None:
    """No process, temporary file or half-written folder is left, and no result was shown."""
    assert running.family() == []
    assert list(place.temporary.iterdir()) == []
    assert list(place.folder.glob("mlruns/kept/*")) == []
    assert list(place.folder.glob("mlflow.db-*-*")) == []
    assert (place.folder / f"{running.name}.out").read_text() == ""
    assert running.events()[-1]["level"] == "error"


def assert_registry_is_whole(client: MlflowClient) -> None:
    """Every version is proven, tagged and reached by an alias; no model is without a version."""
    for model in client.search_registered_models():
        versions = client.search_model_versions(f"name = '{model.name}'")
        assert versions
        assert set(model.aliases) <= {"champion", "previous"}
        assert int(model.aliases["champion"]) == max(int(v.version) for v in versions)
        for version in versions:
            assert version.tags["verdict"] == "pass"
            assert client.get_run(str(version.run_id)).data.tags["verdict"] == "pass"


@ENDED
def test_sigterm_while_the_table_is_read_opens_no_run(place: Place) -> None:
    running = started(
        place.folder, "dataset", *options("dataset", "lr"), TMPDIR=str(place.temporary)
    )
    running.until("stage", "dataset")
    running.send(signal.SIGTERM, to_all=False)
    assert running.end() == 143
    assert_clean(place, running)
    assert place.client.get_experiment_by_name("dataset") is None
    assert running.events()[-1]["message"] == "terminated"


@ENDED
def test_sigterm_while_the_run_is_opened_closes_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = MlflowClient.create_run

    def interrupted(*arguments: Any, **settings: Any) -> Any:
        run = create(*arguments, **settings)
        os.kill(os.getpid(), signal.SIGTERM)
        return run

    monkeypatch.setattr(MlflowClient, "create_run", interrupted)
    with pytest.raises(Terminated), mlflow_run.open_run("opening", "train-1"):
        pytest.fail("nobody may work in a run that was told to end")
    assert place.run("opening").info.status == "KILLED"


@pytest.mark.long
@ENDED
def test_sigterm_while_libraries_are_imported(place: Place) -> None:
    running = started(
        place.folder, "imports", *options("imports", "lr"), TMPDIR=str(place.temporary)
    )
    running.until("stage", "experiment")
    running.send(signal.SIGTERM, to_all=False)
    assert running.end() == 143
    assert_clean(place, running)
    assert place.run("imports").info.status == "KILLED"


@ENDED
@pytest.mark.parametrize("to_all", [pytest.param(False, marks=pytest.mark.long), True])
def test_sigterm_while_workers_search(place: Place, ready: Preloaded, to_all: bool) -> None:
    name = f"search-{to_all}"
    running = begun(place, ready, name, "rf", "et", "gbr", "ada")
    running.until("model", "gbr")
    running.send(signal.SIGTERM, to_all=to_all)
    assert running.end() == 143
    assert_clean(place, running)
    assert place.run(name).info.status == "KILLED"


@pytest.mark.long
@ENDED
def test_ctrl_c_while_workers_search(place: Place, ready: Preloaded) -> None:
    running = begun(place, ready, "ctrl-c", "rf", "et", "gbr", "ada")
    running.until("model", "gbr")
    running.send(signal.SIGINT, to_all=True)
    assert running.end() == 130
    assert_clean(place, running)
    assert place.run("ctrl-c").info.status == "KILLED"
    assert running.events()[-1]["message"] == "interrupted"


@ENDED
@pytest.mark.parametrize(
    "stage", [pytest.param(s, marks=[pytest.mark.long] * (s != "verify")) for s in STAGES]
)
def test_sigterm_in_a_later_stage(place: Place, ready: Preloaded, stage: str) -> None:
    running = begun(place, ready, stage, "lr")
    running.until("stage", stage)
    running.send(signal.SIGTERM, to_all=False)
    assert running.end() == 143
    assert_clean(place, running)
    assert place.run(stage).info.status == "KILLED"
    assert_registry_is_whole(place.client)


def test_the_next_run_works(place: Place, ready: Preloaded) -> None:
    running = begun(place, ready, "next", "lr")
    assert running.end() == 0
    run = place.run("next")
    assert run.info.status == "FINISHED"
    assert "RUNNING" not in place.statuses()
    champion = place.client.get_model_version_by_alias("insurance", "champion")
    assert champion.run_id == run.info.run_id
    assert_registry_is_whole(place.client)
    assert list(place.folder.glob("mlruns/kept/*")) == []
