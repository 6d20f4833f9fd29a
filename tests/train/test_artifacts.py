"""A folder of artifacts is ours, whole, and one training's at a time."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from pipeline.config.retrain_config import Gate, Notify
from pipeline.config.train_config import TrainConfig, read_config
from pipeline.errors import ConfigError, LockedError
from pipeline.train.artifacts import MARK, check_writable, claim_output, dump_config


def test_a_new_an_empty_and_an_earlier_folder_of_ours_may_be_written(tmp_path: Path) -> None:
    check_writable(None)
    check_writable(tmp_path / "new" / "deep")
    (tmp_path / "empty").mkdir()
    check_writable(tmp_path / "empty")
    (tmp_path / "ours" / MARK).parent.mkdir(parents=True)
    (tmp_path / "ours" / MARK).touch()
    check_writable(tmp_path / "ours")
    assert not list(tmp_path.rglob(".*"))


def test_anything_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "other"):
        with pytest.raises(ConfigError, match="holds something else"):
            check_writable(place)
    with pytest.raises(ConfigError, match=r"cannot write to .* \(Not a directory\)"):
        check_writable(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == (tmp_path / "other" / "file").read_text() == "mine"
    with pytest.raises(ConfigError, match="a disk is mounted"):
        check_writable(mounted(tmp_path))


def mounted(folder: Path) -> Path:
    """A folder that says of itself that a disk is mounted there."""

    class Mounted(type(folder)):  # type: ignore[misc]
        def is_mount(self) -> bool:
            return True

    return Mounted(folder / "disk")


def test_a_folder_is_one_trainings_until_that_ends(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with claim_output(output):
        assert output.is_dir()
        for name in (output, tmp_path / "." / "out"):
            with pytest.raises(LockedError) as caught, claim_output(name):
                pass
            assert caught.value.exit_code == 75
        with claim_output(None), claim_output(tmp_path / "another"):
            pass
    assert not output.exists()  # it was new, and nothing was put there
    with claim_output(output):
        (output / "file").touch()
    assert [path.name for path in output.iterdir()] == ["file"]


@pytest.mark.parametrize("err", [ValueError, KeyboardInterrupt])
def test_a_claim_ends_with_its_training_however_that_ends(
    tmp_path: Path, err: type[BaseException]
) -> None:
    with pytest.raises(err), claim_output(tmp_path):
        raise err
    with claim_output(tmp_path):
        pass


SETTINGS: list[dict[str, Any]] = [
    {"dataset": "insurance"},
    {"dataset": "penguins", "fold": 3, "include": ["lr", "dt"], "seed": 7, "metric": "auc"},
    {"dataset": "insurance", "setup": {"normalize": True, "imputation_type": None}},
    {"dataset": "insurance", "gate": Gate(minimum=0.5), "register": True, "onnx": False},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_a_run_keeps_of_its_settings_is_read_back_as_them(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    config = TrainConfig(**settings)
    file = tmp_path / "train.toml"
    file.write_text(tomli_w.dumps(dump_config(config)), encoding="utf-8")
    assert read_config(file) == config


def test_neither_the_folder_nor_whom_to_notify_is_kept(tmp_path: Path) -> None:
    hook = Notify(webhook="https://h.example/SECRET")
    config = TrainConfig(dataset="insurance", output=tmp_path, notify=hook)
    found = tomllib.loads(tomli_w.dumps(dump_config(config)))
    assert not {"output", "notify"} & found.keys()


def test_a_table_is_named_so_that_it_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").touch()
    config = TrainConfig(data=Path("t.csv"), target="y")
    assert dump_config(config)["data"] == str(tmp_path / "t.csv")
