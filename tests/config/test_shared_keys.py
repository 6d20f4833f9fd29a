"""Demands on the keys that a dataset's spec and a training's settings share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.config.shared_keys import (
    KINDS,
    require_dates,
    require_metric,
    require_models,
    require_one_kind,
)
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError
from pipeline.tasks import TASKS


@pytest.mark.parametrize("form", ["d/m", "%d/%m"])
def test_a_format_of_dates_has_a_year(form: str) -> None:
    with pytest.raises(ConfigError, match="date_format: got"):
        TrainConfig(date_format={"d": form})


def settings(**changed: Any) -> Any:
    return SimpleNamespace(**{**dict.fromkeys(KINDS, ()), "date_format": {}, **changed})


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_has_one_kind(kind: str) -> None:
    require_one_kind(settings(**{kind: ("a", "b")}))
    with pytest.raises(ConfigError, match=f"{kind}: got column 'a', which is already under"):
        require_one_kind(settings(**{kind: ("a", "a")}))
    other = KINDS[KINDS.index(kind) - 1]
    with pytest.raises(ConfigError, match="column 'a', which is already under"):
        require_one_kind(settings(**{kind: ("a",), other: ("a",)}))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "date"])
def test_a_format_of_dates_is_for_a_column_of_dates(kind: str) -> None:
    dated = {"date_format": {"d": "%d.%m.%y"}}
    require_dates(settings(date=("d",), **dated))
    with pytest.raises(ConfigError, match=f"date_format: got column 'd', which is under '{kind}'"):
        require_dates(settings(**{kind: ("d",)}, **dated))


def test_a_metric_and_a_model_are_known_to_one_of_the_tasks() -> None:
    require_metric(None, ["regression"])
    require_models("include", None, ["regression"])
    for name in ("regression", "classification"):
        for metric in TASKS[name].all_metrics:
            for word in (metric.id, metric.column):
                require_metric(word, [name])
        require_models("include", tuple(TASKS[name].models), [name])
    require_metric("AUC", ["regression", "classification"])
    with pytest.raises(ConfigError, match="metric: got 'AUC', expected a metric of regression"):
        require_metric("AUC", ["regression"])
    with pytest.raises(ConfigError, match="exclude: got 'kr', expected a model id") as caught:
        require_models("exclude", ("lr", "kr"), ["classification"])
    assert caught.value.hint
    with pytest.raises(ConfigError, match="include: got an empty list"):
        require_models("include", (), ["regression"])
