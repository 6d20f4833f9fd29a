"""Predictions that are too high or too low, on the whole or where they are large."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.leaks import amounts, classes
from pipeline.audit import Alarm
from pipeline.audit.case import AuditCase
from pipeline.audit.residuals import FEW_ROWS, FIFTHS, find_bias
from pipeline.config.train_config import TrainConfig
from tests.audit.stand_in import dataset, trained

AMOUNTS = amounts()
MODEL = trained(AMOUNTS, "lr")
ACTUAL = MODEL.holdout_predictions[AMOUNTS.target].to_numpy(float)
NOISE = np.random.default_rng(0).normal(size=len(ACTUAL)) * 0.05 * ACTUAL.std()


def found(predicted: Any, rows: int | None = None) -> list[Alarm]:
    said = MODEL.holdout_predictions.assign(prediction_label=predicted).iloc[:rows]
    run: Any = replace(MODEL, holdout_predictions=said)
    return list(find_bias(AuditCase(dataset(AMOUNTS), TrainConfig(), run, "")))


def test_noise_around_the_truth_is_no_bias() -> None:
    assert found(ACTUAL + NOISE) == []


@pytest.mark.parametrize(("shift", "way"), [(0.5, "too much"), (-0.5, "too little")])
def test_predictions_that_are_shifted_are_seen_with_their_sign(shift: float, way: str) -> None:
    (alarm,) = found(ACTUAL + NOISE + shift * ACTUAL.std())
    assert (alarm.check, alarm.level, alarm.columns) == ("bias", "amber", ())
    assert f"predicts {way}" in alarm.text


def test_a_shift_that_is_small_or_may_be_chance_is_none() -> None:
    assert found(ACTUAL + NOISE + 0.05 * ACTUAL.std()) == []
    few = FIFTHS * FEW_ROWS - 1
    assert found(ACTUAL + NOISE + 0.5 * ACTUAL.std(), few) == []


@pytest.mark.parametrize("fifth", range(1, FIFTHS + 1))
def test_the_fifth_in_which_predictions_are_off_is_named(fifth: int) -> None:
    """Two fifths are off, the other one as far to the other side: on the whole there is nothing."""
    parts = np.array_split(np.argsort(ACTUAL, kind="stable"), FIFTHS)
    other = FIFTHS if fifth < FIFTHS else 1
    off = np.zeros(len(ACTUAL))
    off[parts[fifth - 1]], off[parts[other - 1]] = 1.0, -1.0
    said = MODEL.holdout_predictions.assign(prediction_label=ACTUAL)
    said[AMOUNTS.target] = ACTUAL + NOISE + off * ACTUAL.std()
    run: Any = replace(MODEL, holdout_predictions=said)
    (alarm,) = find_bias(AuditCase(dataset(AMOUNTS), TrainConfig(), run, ""))
    assert f"In fifth {min(fifth, other)} of the predictions" in alarm.text
    way = "little" if fifth < other else "much"
    assert f"predicts too {way}" in alarm.text


def test_classes_have_no_residuals() -> None:
    table = classes()
    run: Any = trained(table)
    assert list(find_bias(AuditCase(dataset(table), TrainConfig(), run, ""))) == []
