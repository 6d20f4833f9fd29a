"""A store with two whole versions of the model `small`, and what the doctor says of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.doctor import run as doctor_run
from pipeline.doctor.finding import Finding
from pipeline.registry import register
from pipeline.runtime.scorer import Scorer
from pipeline.track import mlflow_run
from pipeline.track.training_result import Converted
from tests import tracked


def version(name: str = "train") -> register.Version:
    """Train on paper, log and register one more version."""
    with mlflow_run.open_run("small", name) as run:
        evidence = tracked.evidence(Path("out"), count=1)
        golden(evidence, Path("out", "onnx", "golden.json"))
        logged = tracked.log(run, evidence)
        claim = register.Claim("a test", anyway=True)
        manifest = evidence.model.manifest
        return register.register_version(logged, manifest, evidence.parity, "# A card", claim=claim)


def golden(evidence: Converted, file: Path) -> None:
    """The model's own answers, as a proof would keep them: dates as nanoseconds."""
    table = tracked.frame()
    columns: dict[str, Any] = {
        "body mass [kg]": [None, *table["body mass [kg]"][1:]],
        "smoker": table["smoker"].tolist(),
        "member": table["member"].tolist(),
        "joined": [
            None,
            *map(int, table["joined"][1:].to_numpy("datetime64[ns]").astype(np.int64)),
        ],
    }
    scored = Scorer(evidence.model.data).predict({name: table[name] for name in columns})
    content = {
        "tolerance": 1e-9,
        "scale": 1.0,
        "kinds": ["table"] * len(table),
        "inputs": columns,
        "expected": {"prediction_label": scored["prediction_label"].tolist()},
    }
    file.write_text(json.dumps(content), encoding="utf-8")


def examined(*names: str, fix: bool = False) -> list[Finding]:
    """Everything that the doctor finds."""
    return list(doctor_run.run_checks(names, fix))


def wrong(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Check and status of what is not in order."""
    return [(f.check, f.status) for f in findings if f.status != "ok"]
