"""What a retraining does and leaves out, by what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.config.train_config import TrainConfig
from pipeline.errors import LockedError
from pipeline.retrain import context as contexts
from pipeline.retrain import new_data, unchanged
from pipeline.retrain.lock import model_lock
from pipeline.retrain.recorder import RunRecorder
from pipeline.retrain.run import retrain
from pipeline.retrain.run_options import RunOptions
from pipeline.retrain.unchanged import EarlierVersion
from pipeline.system.progress import Silent
from tests.retrain.stand_in import Context

CONFIG = TrainConfig(dataset="insurance")
EARLIER = EarlierVersion(RetrainOutcome.unchanged, "version 1 is the same", "1")


class Place:
    """A store in which an earlier version may be found, and what was asked of it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.earlier: EarlierVersion | None = None
        self.configs: list[TrainConfig] = []
        self.checked = 0
        patch.setattr(contexts, "open_context", self.open)
        patch.setattr(unchanged, "find_earlier", lambda context: self.earlier)
        patch.setattr(new_data, "check_data", self.check)

    @contextmanager
    def open(self, name: str, config: TrainConfig, options: RunOptions, _: Any) -> Iterator[Any]:
        self.configs.append(config)
        yield replace(Context(), name=name, config=config, options=options)

    def check(self, *_: Any) -> Any:
        self.checked += 1
        return SimpleNamespace(dataset=SimpleNamespace(frame=range(80)), held=range(20))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Place(monkeypatch)


def test_what_was_made_before_ends_it_at_once(place: Place) -> None:
    place.earlier, recorder = EARLIER, RunRecorder()
    retrain(CONFIG, RunOptions(), recorder, Silent())
    summary = recorder.summary
    assert (summary.outcome, summary.reason, summary.champion_after) == (
        *(RetrainOutcome.unchanged, EARLIER.reason, "1"),
    )
    assert (summary.model, summary.fingerprint) == ("insurance", "now")
    assert place.checked == 0


def test_a_dry_run_looks_at_the_data_and_plans(place: Place) -> None:
    recorder = RunRecorder()
    retrain(CONFIG, RunOptions(dry_run=True), recorder, Silent())
    assert recorder.summary.outcome == RetrainOutcome.planned
    assert "80 rows" in recorder.summary.reason
    assert place.checked == 1


def test_force_trains_on_what_is_known_too(place: Place) -> None:
    place.earlier, recorder = EARLIER, RunRecorder()
    retrain(CONFIG, RunOptions(dry_run=True, force=True), recorder, Silent())
    assert recorder.summary.outcome == RetrainOutcome.planned


def test_a_retraining_registers_and_has_a_gate_whatever_the_settings_say(place: Place) -> None:
    quiet = CONFIG.model_copy(update={"register": False})
    retrain(quiet, RunOptions(dry_run=True), RunRecorder(), Silent())
    (config,) = place.configs
    assert config.register
    assert config.gate is not None


def test_a_second_one_for_the_model_is_refused_before_the_store_is_asked(place: Place) -> None:
    with model_lock("insurance"), pytest.raises(LockedError):
        retrain(CONFIG, RunOptions(), RunRecorder(), Silent())
    assert place.configs == []
