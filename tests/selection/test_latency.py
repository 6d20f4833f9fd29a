"""One row through predict_model is timed as often as there is time for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline.selection import latency


class Experiment:
    """Counts its calls; refuses them with an error, if it is given one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.rows: list[pd.DataFrame] = []
        self.error = error

    def predict_model(self, _: Any, *, data: pd.DataFrame, verbose: bool) -> pd.DataFrame:
        assert not verbose
        self.rows.append(data)
        if self.error:
            raise self.error
        return data


def seconds(experiment: Experiment) -> float | None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "target": [3, 4]})
    trained: Any = SimpleNamespace(experiment=experiment, pipeline=None)
    dataset: Any = SimpleNamespace(frame=frame, features=("a", "b"))
    return latency.time_predict_model(trained, dataset)


def test_a_few_calls_with_the_first_row_are_timed() -> None:
    experiment = Experiment()
    found = seconds(experiment)
    assert found is not None
    assert found > 0
    assert len(experiment.rows) == latency.CALLS
    assert all(row.to_dict("list") == {"a": [1], "b": ["x"]} for row in experiment.rows)


def test_a_slow_pipeline_is_called_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(latency, "CALLS_LIMIT", 0.0)
    experiment = Experiment()
    assert seconds(experiment) is not None
    assert len(experiment.rows) == latency.CALLS_LEAST


class Busy:
    """A machine on which every run takes ten times as long, until somebody has waited."""

    def __init__(self, patch: pytest.MonkeyPatch, pauses: int) -> None:
        self.now, self.busy = 0.0, pauses
        patch.setattr(latency.time, "perf_counter", lambda: self.now)
        patch.setattr(latency.time, "sleep", self.wait)
        patch.setattr(latency, "open_session", lambda _: self)

    def wait(self, _: float) -> None:
        self.busy -= 1

    def run(self, *_: Any) -> None:
        self.now += 1e-3 if self.busy > 0 else 1e-4


NOTHING: Any = SimpleNamespace(inputs=(), outputs=())


@pytest.mark.parametrize(("most", "found"), [(None, 1000), (500, 100), (2000, 1000), (50, 100)])
def test_a_time_beyond_the_budget_is_measured_again(
    monkeypatch: pytest.MonkeyPatch, most: float | None, found: float
) -> None:
    Busy(monkeypatch, pauses=2)
    assert latency.measure_latency(b"", NOTHING, {}, most) == pytest.approx(found, rel=1e-6)


def test_the_least_of_several_runs_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Busy(monkeypatch, pauses=0)
    waits = iter([9.0, 0.5, 0.002, 0.3, 0.4, 0.1])
    monkeypatch.setattr(
        machine, "run", lambda *_: setattr(machine, "now", machine.now + next(waits))
    )
    assert latency.measure_latency(b"", NOTHING, {}) == pytest.approx(2000, rel=1e-6)


def test_a_row_that_pycaret_refuses_has_no_time() -> None:
    assert seconds(Experiment(ValueError("one row alone"))) is None
