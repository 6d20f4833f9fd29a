"""One row through predict_model is timed as often as there is time for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline import latency


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
    return latency.predict_model_seconds(trained, dataset)


def test_a_few_calls_with_the_first_row_are_timed() -> None:
    experiment = Experiment()
    found = seconds(experiment)
    assert found is not None
    assert found > 0
    assert len(experiment.rows) == latency.CALLS
    assert all(row.to_dict("list") == {"a": [1], "b": ["x"]} for row in experiment.rows)


def test_a_slow_pipeline_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "CALLS_LIMIT", 0.0)
    experiment = Experiment()
    assert seconds(experiment) is not None
    assert len(experiment.rows) == 1


def test_a_row_that_pycaret_refuses_has_no_time() -> None:
    assert seconds(Experiment(ValueError("one row alone"))) is None
