"""Every training is logged, whatever its stages gave; only what is proven is registered.

The stages themselves are stand-ins here: what each of them does is tested in its own room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline import audit
from pipeline.audit import Audit
from pipeline.automl import experiment, out_of_time
from pipeline.errors import ConversionError, PipelineError
from pipeline.export import model as exporting
from pipeline.export import seal
from pipeline.gate.challenge import Ruling
from pipeline.parity import verify
from pipeline.registry import register
from pipeline.report.page import CARD
from pipeline.selection import candidate_trial, choice, latency
from pipeline.system.progress import Silent
from pipeline.track import mlflow_run
from pipeline.track.training_result import Converted, TrainingResult
from pipeline.train import artifacts
from pipeline.train.result import RunResult
from pipeline.train.stages import TrainingHooks, train_on
from tests import tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Searched(tracked.Trained):
    """Whose candidates are not tried as graphs yet."""

    is_measured: bool = False


class Training:
    """A training whose stages give what it is told."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.whole = tracked.evidence(folder / "whole")
        plain = {
            each.name: getattr(self.whole.trained, each.name) for each in fields(tracked.Trained)
        }
        self.trained = Searched(**plain)
        self.parity = tracked.PASSED
        self.refusal: Exception | None = None
        self.warns: bool | None = None
        self.registered: list[dict[str, str]] = []
        self.patch = patch
        for place, name, stand_in in (
            (experiment, "run_experiment", lambda *_: self.trained),
            (out_of_time, "list_date_features", lambda dataset: ()),
            (audit, "audit_training", lambda *_: Audit()),
            (candidate_trial, "try_candidates", lambda trained, *_: trained),
            (choice, "select_candidate", lambda trained, *_: trained),
            (exporting, "export_model", self.export),
            (verify, "verify", lambda *_: self.parity),
            (seal, "seal_model", lambda model, *_: model),
            (latency, "time_predict_model", lambda *_: None),
            (artifacts, "write_with_fallback", self.write),
            (register, "register_version", self.register),
        ):
            patch.setattr(place, name, stand_in)

    def export(self, *_: Any, warns: bool) -> Any:
        self.warns = warns
        if self.refusal is not None:
            raise self.refusal
        return self.whole.model

    def write(self, training: TrainingResult, _: str) -> TrainingResult:
        tracked.write_artifacts(training.folder, self.whole.model.data, self.whole.model.manifest)
        if not isinstance(training, Converted):
            (training.folder / "onnx" / "model.onnx").unlink()
        (training.folder / CARD).write_text("# Card")
        return training

    def register(self, run: Any, manifest: Any, parity: Any, card: str, tags: Any, **_: Any) -> Any:
        self.registered.append(dict(tags))
        return SimpleNamespace(version="1")

    def run(self, judge: Callable[[Any], Ruling] | None = None, **settings: Any) -> RunResult:
        config = self.whole.config.model_copy(update=settings)
        plan: Any = SimpleNamespace(
            config=config, warnings=(), reason="switched off", instead="", work=lambda *_: None
        )
        with mlflow_run.open_run("small", "train-1") as run:
            hooks = TrainingHooks(judge=judge)
            return train_on(run, self.whole.dataset, plan, Silent(), hooks)  # type: ignore[arg-type]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


@pytest.fixture
def training(client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    return Training(tmp_path, monkeypatch)


@pytest.mark.parametrize("warns", [False, True])
def test_the_graph_warns_where_that_was_asked_for(training: Training, warns: bool) -> None:
    training.run(warnings=warns)
    assert training.warns is warns


def test_what_is_proven_is_logged_registered_and_leaves_no_folder(
    client: MlflowClient, training: Training
) -> None:
    found = training.run(register=True)
    assert isinstance(found.training, Converted)
    assert found.version is not None
    (tags,) = training.registered
    assert (tags["metric"], tags["holdout"]) == ("R2", "0.88")
    assert "complete" not in tags
    assert tracked.only_run(client).data.tags["verdict"] == "pass"
    assert not found.training.folder.exists()


def test_the_gate_decides_on_a_proven_graph_alone(training: Training) -> None:
    asked: list[TrainingResult] = []

    def judge(evidence: TrainingResult) -> Ruling:
        asked.append(evidence)
        return Ruling({"gate": "passed"})

    assert training.run(judge, register=True).ruling.tags == {"gate": "passed"}
    assert training.registered[0]["gate"] == "passed"
    training.parity = tracked.FAILED
    training.run(judge, register=True)
    assert len(asked) == 1


@pytest.mark.parametrize("setting", ["onnx", "register"])
def test_who_wants_no_graph_or_no_version_gets_none(
    client: MlflowClient, training: Training, setting: str
) -> None:
    found = training.run(**{"register": True, setting: False})
    assert found.version is None
    assert training.registered == []
    assert found.training.verdict == ("none" if setting == "onnx" else "pass")
    assert tracked.only_run(client).info.status == "FINISHED"


def test_a_model_that_has_learned_nothing_is_not_even_converted(
    client: MlflowClient, training: Training
) -> None:
    training.trained = replace(training.trained, nothing_learned="no better than the dummy")
    training.refusal = AssertionError("nobody exports it")
    found = training.run(register=True)
    assert (found.training.verdict, found.version) == ("nothing learned", None)
    assert tracked.only_run(client).data.tags["verdict"] == "nothing learned"


def test_a_search_that_was_cut_is_registered_as_not_complete(training: Training) -> None:
    training.trained = replace(training.trained, left_out=("gbr",))
    training.run(register=True)
    assert training.registered[0]["complete"] == "false"


@pytest.mark.parametrize(
    "err", [ConversionError("no such form", hint="Leave it out"), ZeroDivisionError("by 0")]
)
def test_what_fails_after_the_search_costs_no_training(
    client: MlflowClient, training: Training, tmp_path: Path, err: Exception
) -> None:
    training.refusal = err
    with pytest.raises(type(err)) as caught:
        training.run(register=True, output=tmp_path / "out")
    run = tracked.only_run(client)
    assert run.data.tags["verdict"] == "none"
    assert {item.path for item in client.list_artifacts(run.info.run_id)} >= {"pickle"}
    assert training.registered == []
    if isinstance(err, PipelineError):
        assert caught.value.hint == "Leave it out"  # type: ignore[attr-defined]
        assert f"kept: {tmp_path / 'out'}/pickle/pipeline.pkl" in str(caught.value)
