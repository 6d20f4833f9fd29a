"""Columns that say what is to be predicted, and those that only seem to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.leaks import classes
from benchmarks.real import Loaded
from pipeline import audit
from pipeline.automl.out_of_time import OutOfTimeResult
from pipeline.config.train_config import TrainConfig
from tests.audit.stand_in import dataset, early, trained


def test_what_only_some_of_a_class_have_tells_it() -> None:
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"x": random.normal(size=600)})
    frame["left"] = np.where(random.random(600) < 0.2, "yes", "no")
    asked = random.random(600) < 0.6
    reasons = pd.Series(random.choice(["price", "moved"], 600)).where(asked)
    told = frame.assign(reason=reasons.where(frame["left"] == "yes"))
    found = early(Loaded(told, "left", "classification"))["gaps that tell the target"]
    assert (found.level, found.columns) == ("amber", ("reason",))
    everybody = Loaded(frame.assign(reason=reasons), "left", "classification")
    assert "gaps that tell the target" not in early(everybody)


def test_a_flag_of_one_class_and_a_copy_with_gaps_are_seen() -> None:
    frame, target, task = classes()
    random = np.random.default_rng(8)
    flag = (frame[target] == "mid").astype(int)
    found = early(Loaded(frame.assign(flag=flag), target, task))["copy of the target"]
    assert (found.level, found.columns) == ("amber", ("flag",))
    noisy = flag.where(random.random(len(frame)) < 0.9, 0)
    assert "copy of the target" not in early(Loaded(frame.assign(flag=noisy), target, task))
    some = frame[target].where(random.random(len(frame)) < 0.3)
    found = early(Loaded(frame.assign(z=some), target, task))["copy of the target"]
    assert (found.level, found.columns) == ("red", ("z",))


def test_a_trend_is_no_leak_and_a_year_no_number_of_its_rows() -> None:
    random = np.random.default_rng(3)
    sales = 100 + 3 * np.arange(200.0) + random.normal(size=200) + random.integers(0, 9, 200)
    month = pd.date_range("2000-01-01", periods=200, freq="MS")
    for time in (month, np.arange(1820, 2020)):
        loaded = Loaded(pd.DataFrame({"when": time, "sales": sales}), "sales", "regression")
        found = early(loaded)
        assert "identifier" not in found
        if "copy of the target" not in found:
            assert found["single column"].level == "amber"
            assert '[validation] time = "when"' in found["single column"].todo
        run = replace(trained(loaded, "lr"), forward=OutOfTimeResult("when", 60, {"R2": 0.9}))
        after = audit.audit_training(dataset(loaded), TrainConfig(), run, "")  # type: ignore[arg-type]
        assert "single column" not in {alarm.check for alarm in after.alarms}
