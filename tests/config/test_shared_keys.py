"""Demands on the keys that a dataset's spec and a training's settings share."""

from __future__ import annotations

import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError


@pytest.mark.parametrize("form", ["d/m", "%d/%m"])
def test_a_format_of_dates_has_a_year(form: str) -> None:
    with pytest.raises(ConfigError, match="date_format: got"):
        TrainConfig(date_format={"d": form})
