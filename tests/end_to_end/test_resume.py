"""A training that died goes on after its last finished stage, and ends as if it had not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pytest
from mlflow import MlflowClient

from pipeline.train.checkpoint import KEPT
from tests import tracked
from tests.commands import Preloaded
from tests.resumable import CONFIG, EXPERIMENT, SIGNALS

pytestmark = pytest.mark.long

DEATHS = {
    "experiment": set[str](),
    "select": {"experiment"},
    "verify": {"select"},
    "artifacts": {"select", "verify"},
    "track": {"select", "verify"},
    "nowhere": {"select", "verify"},
}
"""Where one process after the other is killed, and what each takes over from those before."""


@dataclass(frozen=True)
class Place:
    folder: Path
    client: MlflowClient
    ready: Preloaded

    def ended(self, place: str, how: str) -> tuple[int, list[str], str]:
        """Exit code, messages and result of a process."""
        name = f"{how}-{place}"
        running = self.ready.started(self.folder, name, place, how, module="tests.resumable")
        code = running.end()
        said = (self.folder / f"{name}.out").read_text()
        return code, [event["message"] for event in running.events()], said

    def runs(self, *, of: str | None = None) -> list[Any]:
        """The trainings, or the candidates of one."""
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        parent = "mlflow.parentRunId"
        found = self.client.search_runs([experiment.experiment_id])
        return [run for run in found if run.data.tags.get(parent) == of]

    def models(self, run: Any) -> list[Any]:
        """The logged models of a run."""
        of = f"source_run_id = '{run.info.run_id}'"
        return list(self.client.search_logged_models([run.info.experiment_id], filter_string=of))

    def holders(self) -> dict[str, str]:
        """The run behind every alias, each on a version of its own that is proven."""
        aliases = self.client.get_registered_model("insurance").aliases
        found = {a: self.client.get_model_version("insurance", v) for a, v in aliases.items()}
        assert {version.tags["verdict"] for version in found.values()} == {"pass"}
        return {alias: version.run_id for alias, version in found.items()}

    def graph(self, run_id: str) -> tuple[bytes, dict[str, Any]]:
        """The run's graph and what it says about itself, without its id."""
        file = self.client.download_artifacts(run_id, "onnx/model.onnx", str(self.folder))
        model = onnx.load(file)
        facts = {entry.key: entry.value for entry in model.metadata_props}
        assert facts.pop("run_id") == run_id
        manifest = next(k for k, v in facts.items() if v.startswith("{"))
        facts[manifest] = json.loads(facts[manifest]) | {"run_id": None}
        del model.metadata_props[:]
        return model.SerializeToString(deterministic=True), facts


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("resumed")
    with pytest.MonkeyPatch.context() as patch:
        yield Place(folder, tracked.enter(folder, patch), ready)


def test_a_training_that_is_killed_at_every_stage_ends_like_one_that_is_not(place: Place) -> None:
    code, _, said = place.ended("nowhere", "new")
    assert code == 0
    verdict, run_id = said.split()
    whole = place.graph(run_id)
    assert not (place.folder / KEPT / "insurance").exists()
    (first,) = place.runs()

    for death, expected in DEATHS.items():
        code, messages, said = place.ended(death, "resume")
        taken = {m.split()[1].rstrip(":") for m in messages if "from the interrupted run" in m}
        assert taken == expected
        run = place.runs()[0]
        if death == "nowhere":
            break
        end = (143, "KILLED") if death in SIGNALS else (-9, "RUNNING")
        assert (code, run.info.status, said) == (*end, "")
        assert run.info.run_name == f"run-{death}"

    assert (code, said.split()) == (0, [verdict, run.info.run_id])
    assert place.graph(run.info.run_id) == whole
    assert run.info.status == "FINISHED"
    assert {**run.data.params} == {**first.data.params}
    assert len(place.runs(of=run.info.run_id)) == len(CONFIG.include or ())
    assert len(place.models(run)) == 1
    held = {"champion": run_id, "challenger": run.info.run_id}  # no gate has compared the two
    assert place.holders() == held
    assert not (place.folder / KEPT / "insurance").exists()
    kept = {folder.name for folder in place.folder.glob("mlruns/kept/*")}
    assert kept == {"run-artifacts", "run-track"}  # of processes that were killed; the doctor's
