"""New data is held against the champion's, and rows are kept from it for the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.drift import Baseline
from pipeline.errors import ConfigError, DataError
from pipeline.gate.holdout import select_held_out, write_seen_rows
from pipeline.retrain.new_data import check_data
from pipeline.retrain.recorder import RunRecorder
from pipeline.system.progress import Silent
from tests.retrain import weeks
from tests.retrain.stand_in import Client, Context


class Logging(Client):
    """A client that remembers which files a run got."""

    def log_artifacts(self, run_id: str, folder: str) -> None:
        self.tags |= {path.name: run_id for path in Path(folder).rglob("*") if path.is_file()}


def context(folder: Path, week: int, champion: int | None = None) -> Context:
    """Of the week's file, beside a champion that was trained on an earlier week's."""
    made = Context(Logging(), folder=folder, config=config(folder, week))
    if champion is not None:
        older = config(folder, champion)
        dataset = load_dataset(find_dataset(older), older)
        (place := folder / "champion" / "config").mkdir(parents=True)
        (place / "baseline.json").write_text(Baseline.of(dataset).to_json(), encoding="utf-8")
        write_seen_rows(place.parent, dataset.frame)
        made.artifacts, made.champion = place.parent, object()
    return made


def config(folder: Path, week: int) -> TrainConfig:
    file = weeks.file(folder, week)
    return TrainConfig(data=file, target="plan", include=["lr"], fold=3)


def checked(made: Context, recorder: RunRecorder | None = None, run_id: str = "") -> Any:
    return check_data(made, recorder or RunRecorder(), Silent(), run_id)  # type: ignore[arg-type]


def test_every_row_is_trained_on_or_held_out_as_the_gate_says(tmp_path: Path) -> None:
    made, recorder = context(tmp_path, 1), RunRecorder()
    found = checked(made, recorder)
    whole = load_dataset(find_dataset(made.config), made.config)
    held = select_held_out(whole.frame, made.gate.holdout)
    pd.testing.assert_frame_equal(found.held, whole.frame[held].reset_index(drop=True))
    assert len(found.dataset.frame) + len(found.held) == len(whole.frame)
    assert recorder.summary.data_sha256 == whole.sha256
    assert found.drift is None  # there is no champion


def test_an_ordinary_week_is_compared_by_its_new_rows(tmp_path: Path) -> None:
    made, recorder = context(tmp_path, 2, champion=1), RunRecorder()
    found = checked(made, recorder)
    assert found.drift is not None
    assert found.drift.problems == ()
    assert 0 < found.drift.fresh < weeks.NEW_ROWS
    assert recorder.summary.drifted == tuple(column.name for column in found.drift.drifted)


def test_a_week_far_from_the_champions_is_refused_and_its_run_keeps_the_report(
    tmp_path: Path,
) -> None:
    made = context(tmp_path, 21, champion=20)  # a class is gone
    with pytest.raises(DataError, match="pro"):
        checked(made, run_id="run")
    assert made.client.tags["drift.html"] == "run"


def test_settings_that_fitted_the_champion_make_it_the_tables_fault(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(weeks.SPEC, encoding="utf-8")
    weeks.table(1).drop(columns="spent").to_csv(tmp_path / "week-01.csv", index=False)
    made = Context(Logging(), folder=tmp_path, config=TrainConfig(dataset=str(file)))
    with pytest.raises(ConfigError, match="spent"):
        checked(made)
    made.champion = object()
    with pytest.raises(DataError, match="spent"):
        checked(made)
