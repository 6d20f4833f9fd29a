"""Checkpoints: what was kept comes back as it was, and nothing else is ever opened."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.train_config import TrainConfig
from pipeline.train.checkpoint import (
    KEPT,
    Checkpoint,
    Stages,
    begin_checkpoint,
    fingerprint_checkpoint,
    run_once,
)
from tests import tables

VALUE = {"numbers": [1, 2.5], "call": lambda x: x + 1}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values here need nothing of PyCaret, whose import takes seconds."""
    monkeypatch.setattr("pipeline.automl.pycaret_isolation.isolate_pycaret", nullcontext)


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "resume" / "small", "ab" * 32)


def file(kept: Checkpoint) -> Path:
    (found,) = kept.folder.iterdir()
    return found


def test_a_value_comes_back_in_a_private_file(kept: Checkpoint) -> None:
    assert kept.load("experiment") is None
    kept.save("experiment", VALUE)
    found = kept.load("experiment")
    assert found is not None
    assert found["numbers"] == VALUE["numbers"]
    assert found["call"](1) == 2
    assert kept.load("select") is None
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file(kept).stat().st_mode) == 0o600


def test_a_later_value_replaces_the_earlier_one(kept: Checkpoint) -> None:
    kept.save("select", 1)
    kept.save("select", 2)
    assert kept.load("select") == 2
    assert len(list(kept.folder.iterdir())) == 1


def test_a_stage_is_taken_once(kept: Checkpoint) -> None:
    assert run_once(kept, "verify", lambda: "made") == "made"
    assert run_once(kept, "verify", lambda: pytest.fail("it is there")) == "made"
    kept.clear()
    assert not kept.folder.exists()
    assert run_once(kept, "verify", lambda: "again") == "again"


def test_who_keeps_nothing_takes_every_stage() -> None:
    nothing = Stages()
    assert [run_once(nothing, "verify", lambda n=n: n) for n in (1, 2)] == [1, 2]  # type: ignore[misc]
    nothing.clear()
    assert nothing.load("verify") is None


def test_the_checkpoint_of_another_training_is_passed_over_with_a_line_in_the_log(
    kept: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    kept.save("experiment", VALUE)
    assert replace(kept, fingerprint="cd" * 32).load("experiment") is None
    assert "other data, settings or versions" in caplog.text
    file(kept).rename(kept.folder / "select.checkpoint")
    assert kept.load("select") is None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_with_any_other_byte_or_length_is_never_opened(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = Checkpoint(tmp_path_factory.mktemp("hostile") / "small", "ab" * 32)
    kept.save("verify", "id")
    whole = file(kept).read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[place]))
    changed = [whole[:place], whole + bytes([byte])]
    changed.append(whole[:place] + bytes([byte]) + whole[place + 1 :])
    for content in changed:
        file(kept).write_bytes(content)
        assert kept.load("verify") is None


class Bomb:
    """A pickle of it runs code when it is opened."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("opened",)


def test_a_file_that_somebody_else_may_have_written_is_never_opened(
    kept: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept.save("verify", Bomb())
    target = file(kept)
    target.chmod(0o620)
    assert kept.load("verify") is None
    target.chmod(0o600)
    kept.folder.chmod(0o770)
    assert kept.load("verify") is None
    kept.save("select", 1)  # nor is anything put there
    assert not (kept.folder / "select.checkpoint").exists()
    kept.folder.chmod(0o700)
    elsewhere = target.rename(tmp_path / "elsewhere")
    target.symlink_to(elsewhere)
    assert kept.load("verify") is None
    target.unlink()
    os.mkfifo(target)
    assert kept.load("verify") is None
    target.unlink()
    target.mkdir()
    assert kept.load("verify") is None
    assert not (tmp_path / "opened").exists()


def test_a_folder_that_is_a_link_is_neither_used_nor_emptied(
    kept: Checkpoint, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").touch()
    kept.folder.parent.mkdir()
    kept.folder.symlink_to(other)
    kept.save("verify", "id")
    assert kept.load("verify") is None
    kept.clear()
    assert [f.name for f in other.iterdir()] == ["mine"]


def test_what_cannot_be_kept_ends_nothing_and_leaves_what_was_kept(
    kept: Checkpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.save("select", 1)
    with (kept.folder / "select.checkpoint").open() as handle:
        kept.save("select", handle)  # no pickle of an open file
    assert "checkpoint select cannot be kept" in caplog.text
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(full))
    kept.save("select", 2)
    assert "No space left on device" in caplog.text
    assert kept.load("select") == 1
    assert file(kept).name == "select.checkpoint"


def test_a_value_that_cannot_be_made_again_is_passed_over(
    kept: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone:
        def __reduce__(self) -> Any:
            return getattr, (os, "no_such_thing")

    kept.save("verify", Gone())
    with caplog.at_level(logging.WARNING):
        assert kept.load("verify") is None
    assert "no_such_thing" in caplog.text


WRITER = """
import sys
from pathlib import Path
from pipeline.train.checkpoint import Checkpoint
kept, number = Checkpoint(Path(sys.argv[1]), "ab" * 32), 0
print("ready", flush=True)
while True:
    number += 1
    kept.save("verify", [number] * 300_000)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_file(kept: Checkpoint) -> None:
    for moment in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(kept.folder)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        while not (kept.folder / "verify.checkpoint").exists():
            time.sleep(0.005)
        time.sleep(0.013 * moment)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        value = kept.load("verify")
        assert value is not None
        assert value == [value[0]] * 300_000
    kept.save("verify", "id")  # sweeps up what the killed ones had begun
    assert {f.suffix for f in kept.folder.iterdir()} == {".checkpoint"}


def test_a_training_that_does_not_resume_forgets_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset, config = tables.dataset("insurance"), TrainConfig(dataset="insurance")
    begin_checkpoint(dataset, config, resume=True).save("verify", "id")
    assert (KEPT / "insurance").is_dir()
    assert begin_checkpoint(dataset, config, resume=True).load("verify") == "id"
    assert begin_checkpoint(dataset, config, resume=False).load("verify") is None


def test_the_fingerprint_covers_data_settings_and_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, config = tables.dataset("insurance"), TrainConfig(dataset="insurance")
    found = [fingerprint_checkpoint(dataset, config)]
    assert fingerprint_checkpoint(dataset, config) == found[0]
    found.append(fingerprint_checkpoint(replace(dataset, sha256="0" * 64), config))
    found.append(fingerprint_checkpoint(dataset, TrainConfig(dataset="insurance", fold=3)))
    monkeypatch.setattr("pipeline.export.model.list_versions", lambda: {"numpy": "0"})
    found.append(fingerprint_checkpoint(dataset, config))
    assert len(set(found)) == len(found)
