"""A training that is registered as a version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient

from pipeline.registry import register
from pipeline.track import mlflow_run
from tests import tracked

if TYPE_CHECKING:
    from pipeline.track.training_result import Converted


CARD = (
    "# Linear Regression predicts charges\n\n**Parity passed.** It predicts.\n\n## Data\n\nten rows"
)


def trained() -> tuple[mlflow_run.Run, Converted]:
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        return tracked.log(run, evidence), evidence


ANYWAY = register.Claim("because", anyway=True)


def registered(claim: register.Claim | None = ANYWAY) -> register.Version:
    run, evidence = trained()
    facts = {"fingerprint": "f"}
    manifest = evidence.model.manifest
    return register.register_version(run, manifest, evidence.parity, CARD, facts, claim=claim)


def aliases(client: MlflowClient) -> dict[str, str]:
    return {k: str(v) for k, v in client.get_registered_model("small").aliases.items()}
