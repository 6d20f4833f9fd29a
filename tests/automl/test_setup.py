"""What set-up refuses that PyCaret overlooks."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from pipeline.automl import setup as preparation
from pipeline.automl.setup import set_up
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError
from tests.tables import dataset


@pytest.mark.parametrize(
    ("setup", "named"),
    [
        ({"keep_features": ["smoker", "bmo"]}, r"keep_features: got 'bmo'"),
        ({"keep_features": ["charges"]}, r"keep_features: got 'charges'"),
        ({"group_features": {"size": ["age", "region_north"]}}, r"group_features\.size: got"),
    ],
)
def test_columns_that_nobody_makes_are_refused(
    setup: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=named):
        set_up(dataset("insurance"), TrainConfig(setup=setup), str(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("name", ["insurance", pytest.param("juice", marks=pytest.mark.long)])
def test_features_selected_by_catboost_are_pycarets_and_nothing_is_said_or_written(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = TrainConfig(
        setup={"feature_selection": True, "feature_selection_estimator": "catboost"}
    )
    with chdir(tmp_path):
        ours = set_up(dataset(name), config, str(tmp_path / "ours"))
        assert not any(capfd.readouterr())
        assert not Path("catboost_info").exists()
        monkeypatch.setattr(preparation, "_quiet_catboost", lambda _: "catboost")
        theirs = set_up(dataset(name), config, str(tmp_path / "theirs"))
    assert list(ours.X_train_transformed) == list(theirs.X_train_transformed)
    assert Path(tmp_path, "catboost_info").exists()  # which is what PyCaret does


def test_columns_of_the_table_and_those_that_steps_make_may_be_kept_and_grouped(
    tmp_path: Path,
) -> None:
    setup = {
        "keep_features": ["region", "region_northwest"],
        "group_features": {"size": ["age", "bmi", "region_southeast"]},
    }
    experiment = set_up(dataset("insurance"), TrainConfig(setup=setup), str(tmp_path))
    assert "region_northwest" in experiment.X_train_transformed
