"""Describes a run for MLflow as one JSON file, which can be sent again later."""

from __future__ import annotations

import hashlib
import json
import math
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.automl.experiment import Candidate
from pipeline.errors import UsageError
from pipeline.system import atomic_file, typed_json
from pipeline.track.description import find_winner
from pipeline.track.training_result import TrainingResult

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.config.train_config import DatasetSpec, TrainConfig
    from pipeline.data.dataset import Dataset

FILE = Path("config", "run.json")
"""Where the record lies inside a run's artifact folder."""

NOT_CONTENT = {"output", "name", "experiment", "register", "gate", "drift", "notify"}
"""Settings that say where results go and who may use them, not what they are."""

PARITY_METRICS = (
    "rows_table",
    "rows_hostile",
    "max_error_table",
    "max_error_hostile",
    "failures",
    "flips",
)
"""The figures of the parity check worth a column in a table of runs; the rest is an artifact."""

_COST_METRICS = ("microseconds_per_row", "bytes")
"""What a run says of its model as a graph beside the parity check's figures."""

_LIBRARIES = ("pycaret", "scikit-learn", "skl2onnx", "onnx", "onnxruntime")
_EXAMPLE_ROWS = 3
_SCHEMA_ROWS = 1000  # MLflow looks at every cell: seconds for a million rows of text


@dataclass(frozen=True)
class Child:
    """One candidate of the search, logged as a run of its own below the training's."""

    name: str
    failed: bool
    seconds: float
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Record:
    """One run as MLflow keeps it; plain values only.

    `dataset` holds MLflow's own description of the input, `example` a few raw rows in pandas'
    split orientation.
    """

    experiment: str
    run_name: str
    description: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    dataset: Mapping[str, str]
    example: Mapping[str, Any]
    children: tuple[Child, ...] = field(default=())

    def write(self, folder: Path) -> None:
        """Write the record into an artifact folder, whole or not at all."""
        file = folder / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.write_text(file, json.dumps(asdict(self), indent=2, ensure_ascii=False))

    @classmethod
    def read(cls, folder: Path) -> Record:
        """Read the record of an artifact folder.

        Raises:
            UsageError: the folder is not one that a training wrote.
        """
        try:
            content = typed_json.parse_json((folder / FILE).read_bytes())
            children = tuple(Child(**child) for child in content.pop("children"))
            return cls(**content, children=children)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as err:
            raise UsageError(
                f"got {str(folder)!r} ({err}), expected an artifact folder with {FILE}",
                hint="give the folder that python -m pipeline.train has written",
            ) from err


def describe_training(
    experiment: str, run_name: str, evidence: TrainingResult, description: str
) -> Record:
    """Turn what is known of one training into what is logged to MLflow."""
    trained, dataset = evidence.trained, evidence.dataset
    return Record(
        experiment=experiment,
        run_name=run_name,
        description=description,
        params=_params(evidence),
        metrics=_all_metrics(evidence),
        tags=_tags(evidence),
        dataset=_describe_input(dataset),
        example=_example(dataset.frame[list(dataset.features)]),
        children=tuple(_child(candidate, trained.task.name) for candidate in trained.candidates),
    )


@dataclass(frozen=True)
class TrainingSubject:
    """What a training is of, as far as it is known before the table is read.

    Attributes:
        sha256: of the file's bytes.
        held_out: as in `Dataset`.
    """

    spec: DatasetSpec
    sha256: str
    held_out: float = 0.0


def fingerprint_training(dataset: Dataset | TrainingSubject, config: TrainConfig) -> str:
    """sha256 over all that decides a training's result: data, roles, settings, code, versions."""
    content = {
        "data": dataset.sha256,
        "held_out": dataset.held_out,
        "code": _code(),
        "spec": dataset.spec.model_dump(mode="json", exclude={"file", "source", "licence"}),
        "config": config.model_dump(mode="json", exclude={*NOT_CONTENT, "dataset", "data"}),
        "versions": {name: version(name) for name in _LIBRARIES} | {"pipeline": __version__},
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code() -> str:
    """sha256 of this package's source."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        found.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def name_metrics(prefix: str, values: Mapping[str, Any], suffix: str = "") -> dict[str, float]:
    """Finite numbers under MLflow's kind of name: `Prec.` with prefix cv becomes `cv_prec`."""
    return {
        f"{prefix}_{_plain(name)}{suffix}": float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _all_metrics(evidence: TrainingResult) -> dict[str, float]:
    best, parity = find_winner(evidence.trained), evidence.figures
    forward = evidence.trained.forward
    return {
        **(name_metrics("cv", best.metrics) if best else {}),
        **name_metrics("holdout", evidence.trained.holdout),
        **(name_metrics("holdout_forward", forward.metrics) if forward else {}),
        **_graph(best, _COST_METRICS),
        **name_metrics("parity", {name: parity.get(name) for name in PARITY_METRICS}),
    }


def _params(evidence: TrainingResult) -> dict[str, str]:
    trained, frame = evidence.trained, evidence.dataset.frame
    best = find_winner(trained)
    settings = evidence.config.model_dump(mode="json", exclude=NOT_CONTENT)
    if split := evidence.dataset.spec.validation:  # the dataset's spec may say it
        settings["validation"] = split.model_dump(mode="json")
    return {
        "model": trained.model_id,
        "rows": str(len(frame)),
        "columns": str(len(evidence.dataset.features)),
        **dict(_flatten(settings)),
        **{f"model.{name}": str(value) for name, value in (best.params if best else {}).items()},
    }


def _flatten(settings: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Settings by name, those of a section as `section.name`.

    What an argument maps is one value: its keys may be columns of the table, and MLflow takes only
    some characters in the name of a parameter.
    """
    for name, value in settings.items():
        section = isinstance(value, Mapping)
        named = {f"{name}.{key}": part for key, part in value.items()} if section else {name: value}
        for key, part in named.items():
            if part not in (None, [], {}):
                yield key, part if isinstance(part, str) else json.dumps(part)


def _tags(evidence: TrainingResult) -> dict[str, str]:
    trained, dataset = evidence.trained, evidence.dataset
    budget = {"budget": f"used up: left out: {', '.join(trained.left_out)}"}
    return {
        **(budget if evidence.cut else {}),
        "dataset": dataset.spec.name,
        "data_sha256": dataset.sha256,
        "fingerprint": fingerprint_training(dataset, evidence.config),
        "verdict": evidence.verdict,
        **_audit(evidence),
        "model_id": trained.model_id,
        "model_name": trained.model_name,
        "target": dataset.spec.target,
        "task": trained.task.name,
        **evidence.hashes,
    }


def _audit(evidence: TrainingResult) -> dict[str, str]:
    """How the audit ended, and which checks fired."""
    if not evidence.audit.checks:
        return {}
    fired = ", ".join(dict.fromkeys(alarm.check for alarm in evidence.audit.alarms))
    return {"audit": evidence.audit.level, "audit.checks": fired or "none"}


def _child(candidate: Candidate, task: str) -> Child:
    return Child(
        name=candidate.name,
        failed=candidate.failed,
        seconds=candidate.seconds,
        metrics={
            **name_metrics("cv", candidate.metrics),
            **name_metrics("cv", candidate.spread, "_std"),
            **name_metrics("fit", {"seconds": candidate.seconds}),
            **_graph(candidate),
        },
        params={"model": candidate.id, **{k: str(v) for k, v in candidate.params.items()}},
        tags={"model_id": candidate.id, "task": task, **_convertible(candidate)},
    )


def _graph(candidate: Candidate | None, names: Iterable[str] | None = None) -> dict[str, float]:
    """What the candidate is as a graph, if that was tried; all figures, or those of `names`."""
    figures = candidate.cost.figures if candidate and candidate.cost else {}
    chosen = figures if names is None else {n: figures[n] for n in names if n in figures}
    return name_metrics("onnx", chosen)


def _convertible(candidate: Candidate) -> dict[str, str]:
    if candidate.cost is None:
        return {}
    word, refusal = str(candidate.cost.cells[0]), candidate.cost.refusal
    return {"convertible": f"{word}: {refusal}" if refusal else word}


def _describe_input(dataset: Dataset) -> dict[str, str]:
    """MLflow's description of the table, under our own hash: MLflow's skips rows of large data."""
    import mlflow.data

    with warnings.catch_warnings():
        # A hint that integers cannot be missing: our models take a missing value in any number.
        warnings.filterwarnings("ignore", "Hint: Inferred schema contains integer", UserWarning)
        # MLflow registers its source of local files twice and then finds two.
        warnings.filterwarnings("ignore", "The specified dataset source can be", UserWarning)
        described = mlflow.data.from_pandas(  # type: ignore[attr-defined]
            dataset.frame.head(_SCHEMA_ROWS),
            source=str(dataset.path),
            targets=dataset.spec.target,
            name=dataset.spec.name,
            digest=dataset.sha256[:12],
        ).to_dict()
    rows, columns = dataset.frame.shape
    described["profile"] = json.dumps({"num_rows": rows, "num_elements": rows * columns})
    return {key: str(value) for key, value in described.items() if value is not None}


def _example(features: pd.DataFrame) -> dict[str, Any]:
    rows = features.head(_EXAMPLE_ROWS).reset_index(drop=True)
    example: dict[str, Any] = json.loads(rows.to_json(orient="split", date_format="iso"))
    return example
