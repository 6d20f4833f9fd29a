"""What can refuse a training at once does so before anything is trained or opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError, DataError, LockedError, PipelineError, UsageError
from pipeline.train.artifacts import claim_output
from pipeline.train.run import train

TABLE = "x,y\n" + "".join(f"{k},{k % 7}.5\n" for k in range(60))


@pytest.fixture(autouse=True)
def _nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def opened(*_: object, **__: object) -> None:
        pytest.fail("a run was opened")

    monkeypatch.setattr("pipeline.track.mlflow_run.open_run", opened)
    (tmp_path / "t.csv").write_text(TABLE)


def refused(
    error: type[PipelineError], text: str, promote: str | None = None, **settings: object
) -> None:
    config = TrainConfig(**{"data": Path("t.csv"), "target": "y", "include": ["lr"], **settings})  # type: ignore[arg-type]
    with pytest.raises(error, match=text):
        train(config, promote=promote)
    assert {path.name for path in Path().iterdir()} <= {"t.csv", "out"}


@pytest.mark.parametrize("setting", ["register", "onnx"])
def test_a_promotion_without_a_version_makes_no_sense(setting: str) -> None:
    refused(UsageError, "registers nothing", "because", **{"register": True, setting: False})


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_reason_that_cannot_be_kept_is_refused(reason: str) -> None:
    refused(UsageError, "expected 1 to 500", reason, register=True)


def test_a_table_or_a_target_that_is_not_there_is_named() -> None:
    refused(PipelineError, "gone", data=Path("gone.csv"))
    refused(PipelineError, "price", target="price")


def test_a_table_of_too_few_rows_is_refused_before_a_run_is_opened() -> None:
    Path("t.csv").write_text("x,y\n1,2\n2,3\n")
    refused(DataError, "row")


def test_a_place_that_holds_something_else_or_is_taken_is_refused(tmp_path: Path) -> None:
    with claim_output(tmp_path / "out"):
        refused(LockedError, "another training", output=tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    refused(ConfigError, "holds something else", output=tmp_path / "out")
