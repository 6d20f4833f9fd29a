"""Classes that are rare or never named, and models that have learned nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.leaks import MADE, amounts, classes
from benchmarks.real import Loaded
from pipeline import audit
from pipeline.audit import balance
from pipeline.config.train_config import TrainConfig
from tests.audit.stand_in import alarms, dataset, early, trained


def test_advice_names_what_has_not_been_done() -> None:
    frame, target, task = MADE["few yes"].bad()
    todo = early(Loaded(frame, target, task), fix_imbalance=True)["imbalance"].todo
    assert "fix_imbalance" not in todo and "--metric AUC" in todo and "[threshold]" in todo
    text = [" ".join([f"word{k % 7}", "one", "two", "three", str(k)]) for k in frame.index]
    todo = early(Loaded(frame.assign(note=text), target, task))["identifier"].todo
    assert 'text_features = ["note"]' in todo


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_model_that_says_the_same_of_every_row_is_red(task: str) -> None:
    loaded = classes() if task == "classification" else amounts()
    name = "classes never predicted" if task == "classification" else "nothing learned"
    assert alarms(loaded, "dummy")[name].level == "red"


def test_a_model_that_is_farther_off_than_a_constant_is_amber() -> None:
    loaded = amounts()
    model = trained(loaded, "lr")
    actual = model.holdout_predictions[loaded.target]
    shifted = model.holdout_predictions.assign(prediction_label=actual + 3 * actual.std())
    worse = replace(model, holdout_predictions=shifted)
    found = audit.audit_training(dataset(loaded), TrainConfig(), worse, "")  # type: ignore[arg-type]
    (alarm,) = [alarm for alarm in found.alarms if alarm.check == balance.NOTHING]
    assert alarm.level == "amber" and "R2 is -" in alarm.text
    known = replace(worse, alarms=(replace(alarm, level="red"),))
    found = audit.audit_training(dataset(loaded), TrainConfig(), known, "")  # type: ignore[arg-type]
    assert [a.level for a in found.alarms if a.check == balance.NOTHING] == ["red"]
