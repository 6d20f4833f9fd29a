"""A client of a team's servers: a working folder, commands run in it, and what it sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import requests
from mlflow import MlflowClient

from pipeline.registry import register
from pipeline.track import mlflow_run
from tests import tracked
from tests.commands import Preloaded, Running
from tests.team.stack import BUCKET, Stack

TRAIN = ("--dataset", "insurance", "--include", "lr", "--fold", "2")
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
"""Settings of a client that does not wait until a server is there again."""
SOMEBODY = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=other/20200101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
"""Somebody with rights to the bucket: the tests' S3 API looks at no signature."""


@dataclass(frozen=True)
class Team:
    """The servers, and a client's machine.

    Attributes:
        folder: the client's working folder.
    """

    servers: Stack
    folder: Path
    commands: Preloaded
    client: MlflowClient

    def start(
        self, name: str, *arguments: str, module: str = "pipeline.train", **settings: str
    ) -> Running:
        """Start a command; its output goes to files with this name."""
        return self.commands.started(self.folder, name, *arguments, module=module, **settings)

    def run(self, name: str, *arguments: str, module: str = "pipeline.train") -> str:
        """Run a command that must end well; returns what it prints."""
        running = self.start(name, *arguments, module=module)
        assert running.end() == 0, running.events()[-1:]
        return (self.folder / f"{name}.out").read_text(encoding="utf-8")

    def champion(self, name: str) -> Any:
        """The version in use, which loads."""
        version = self.client.get_model_version_by_alias(name, "champion")
        mlflow.pyfunc.load_model(f"models:/{name}@champion")
        return version

    def runs(self, experiment: str, condition: str = "") -> list[Any]:
        found = self.client.get_experiment_by_name(experiment)
        assert found is not None
        return list(self.client.search_runs([found.experiment_id], condition))


def logged_and_registered(name: str, folder: Path) -> register.Version:
    """What follows a training, in this process: a run of `name` and a champion of model `small`."""
    with mlflow_run.open_run(name, "train-1") as run:
        evidence = tracked.evidence(folder, count=2)
        done = tracked.log(run, evidence)
        claim = register.Claim("a test", anyway=True)
        manifest = evidence.model.manifest
        return register.register_version(done, manifest, evidence.parity, "# Card", claim=claim)


def at_once(count: int, name: str, folder: Path) -> list[str]:
    """The versions that so many processes of this machine register at the same time."""
    with ProcessPoolExecutor(count, mp_context=get_context("fork")) as pool:
        folders = [folder / str(k) for k in range(count)]
        done = [pool.submit(logged_and_registered, name, place) for place in folders]
        return [future.result().version for future in done]


@contextmanager
def in_bucket(servers: Stack, uri: str, content: bytes | None) -> Iterator[None]:
    """Other bytes in the place of an artifact, or none, put there past MLflow; back afterwards."""
    place = f"{servers.endpoint}/{BUCKET}/{uri.removeprefix('mlflow-artifacts:').lstrip('/')}"
    send = partial(requests.request, headers=SOMEBODY, timeout=60)
    before = send("GET", place)
    before.raise_for_status()
    try:
        if content is None:
            send("DELETE", place).raise_for_status()
        else:
            send("PUT", place, data=content).raise_for_status()
        yield
    finally:
        send("PUT", place, data=before.content).raise_for_status()


@contextmanager
def before_request(method: str, path: str, fault: Callable[[], None]) -> Iterator[list[str]]:
    """Let a fault happen once, just before this process sends such a request.

    Yields:
        The address of the request that was hit, once it was.
    """
    original, hit = requests.Session.request, []

    def request(session: Any, verb: str, url: str, **arguments: Any) -> Any:
        if not hit and verb == method and path in url:
            hit.append(url)
            fault()
        return original(session, verb, url, **arguments)

    requests.Session.request = request  # type: ignore[assignment,method-assign]
    try:
        yield hit
    finally:
        requests.Session.request = original  # type: ignore[method-assign]
