"""Whatever ends or breaks a retraining: the champion goes on scoring and the next run succeeds."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests import fuzzing
from tests.commands import LIMIT, Preloaded, environment, needed, preloaded
from tests.retrain import weeks
from tests.retrain.shop import NAME, RETRAIN, Shop, shop

pytestmark = pytest.mark.long

STAGES = ("champion", "dataset", "experiment", "select", "export", "verify", "track", "gate")
MOMENTS = 12
QUICK = weeks.CONFIG.replace('include = ["lr", "dt"]\nfold = 3', 'include = ["dt"]\nfold = 2')
"""Takes half the time, and the gate says yes and no all the same."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Iterator[Shop]:
    """With a champion of the first week."""
    with shop(tmp_path_factory.mktemp("faults"), ready, QUICK) as made:
        assert made.retrained(1)["outcome"] == "promoted"
        yield made


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Weeks without events: every test has new data."""
    return (week for week in count(100))


def still_scores(place: Shop, before: str | None) -> None:
    """The champion is whole and, unless a run has promoted another, the one from before."""
    champion = place.champion()
    assert champion is not None
    assert before is None or champion == before
    labels = place.labels(champion, weeks.table(2))
    assert set(labels.tolist()) <= set(weeks.PLANS)
    for version in place.aliases().values():
        assert place.client.get_model_version(NAME, version).tags["verdict"] == "pass"


def next_run_succeeds(place: Shop, week: int, *options: str, was_late: bool = False) -> None:
    """A week is trained on, unless the signal was so late that this had been done."""
    summary = place.retrained(week, *options)
    expected = {"promoted": 0, "refused": 6} | ({"unchanged": 0} if was_late else {})
    assert summary["exit_code"] == expected.get(summary["outcome"]), summary
    still_scores(place, summary["champion_after"])
    assert "RUNNING" not in place.statuses()


@pytest.mark.parametrize("stage", [*STAGES, "register"])
def test_killed_as_a_stage_begins(place: Shop, numbers: Iterator[int], stage: str) -> None:
    before, week = place.champion(), next(numbers)
    running = place.started(week)
    running.until("stage", stage)
    running.send(signal.SIGKILL, to_all=False)
    assert running.end() == -signal.SIGKILL
    is_last = stage == "register"  # it may have been quicker than the signal
    still_scores(place, None if is_last else before)
    next_run_succeeds(place, week, "--resume", was_late=is_last)


def test_killed_at_any_moment(place: Shop, numbers: Iterator[int]) -> None:
    chance = random.Random(fuzzing.SEED)
    started = time.monotonic()
    next_run_succeeds(place, next(numbers))
    whole = time.monotonic() - started
    for moment in range(MOMENTS):
        week = next(numbers)
        running = place.started(week, name=f"moment-{moment}")
        time.sleep(chance.uniform(0, whole))
        if running.is_alive():
            running.send(signal.SIGKILL, to_all=chance.random() < 0.5)
        running.end()
        still_scores(place, None)
        if moment % 4 == 3:  # several dead runs in a row, then a good one
            options = ["--resume"] if chance.random() < 0.5 else []
            next_run_succeeds(place, week, *options, was_late=True)


def test_the_doctor_closes_what_a_dead_run_left_open(place: Shop, numbers: Iterator[int]) -> None:
    running = place.started(next(numbers))
    running.until("stage", "export")
    running.send(signal.SIGKILL, to_all=True)
    running.end()
    assert "RUNNING" in place.statuses()
    done = place.ready.ended(place.folder, "--fix", module="pipeline.doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RUNNING" not in place.statuses()
    still_scores(place, None)


def test_told_to_end(place: Shop, numbers: Iterator[int]) -> None:
    before, running = place.champion(), place.started(next(numbers), name="terminated")
    running.until("stage", "verify")
    running.send(signal.SIGTERM, to_all=False)
    assert running.end() == 143
    assert place.summary("terminated")["outcome"] == "killed"
    assert place.decisions()[-1]["decision"] == "killed"
    assert "RUNNING" not in place.statuses()
    still_scores(place, before)


def test_a_damaged_champion_is_not_replaced_unseen(place: Shop, numbers: Iterator[int]) -> None:
    champion = place.champion()
    assert champion is not None
    version = place.client.get_model_version(NAME, champion)
    content = None
    for file in place.folder.joinpath("mlruns").rglob("model.onnx"):
        if content is None and str(version.source).removeprefix("models:/") in str(file):
            content = file.read_bytes()
            file.write_bytes(content[: len(content) // 2])
    assert content is not None
    found = place.ready.ended(place.folder, "--json", module="pipeline.doctor")
    assert found.returncode == 1
    assert f"rollback {NAME}" in found.stdout
    summary = place.retrained(next(numbers))
    assert (summary["outcome"], summary["exit_code"]) == ("refused", 3), summary
    assert "model.onnx: got sha256" in summary["reason"]
    assert f"rollback {NAME}" in summary["hint"]
    repaired = place.ready.ended(place.folder, "--fix", module="pipeline.doctor")
    assert repaired.returncode == 0, repaired.stdout
    still_scores(place, champion)


def test_a_full_disk(place: Shop, numbers: Iterator[int], tmp_path: Path) -> None:
    needed(shutil.which("mount") if os.geteuid() == 0 else None, "right to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=True)
    try:
        with shop(disk, place.ready, QUICK) as small:
            assert small.retrained(1)["outcome"] == "promoted"
            ballast = disk / "ballast"
            for kilobytes in (60, 120, 400, 1000):  # it breaks off at another place each time
                week = next(numbers)
                weeks.file(disk, week)
                ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 1024 * kilobytes))
                running = small.started(week, name=f"full-{kilobytes}")
                assert running.end() not in (0, 6)
                ballast.unlink()
                still_scores(small, "1")
            next_run_succeeds(small, next(numbers))
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_many_at_once_on_a_cold_store(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(weeks.SPEC, encoding="utf-8")
    (tmp_path / "other.toml").write_text(weeks.SPEC.replace('"shop"', '"other"'), encoding="utf-8")
    (tmp_path / "retrain.toml").write_text(QUICK, encoding="utf-8")
    weeks.file(tmp_path, 1)
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                RETRAIN,
                "--dataset",
                f"{name}.toml",
                "--config",
                "retrain.toml",
            ],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name in ("shop",) * 8 + ("other",) * 2
    ]
    said = [json.loads(process.communicate(timeout=2 * LIMIT)[0]) for process in processes]
    for name, runs in (("shop", said[:8]), ("other", said[8:])):
        outcomes = sorted(each["outcome"] for each in runs)
        assert outcomes == ["locked"] * (len(runs) - 1) + ["promoted"], (name, said)
        assert {each["exit_code"] for each in runs} == {0, 75}


CLOCK = Path(__file__).with_name("clock.c")


def test_a_clock_that_was_moved_back(place: Shop, numbers: Iterator[int], tmp_path: Path) -> None:
    compiler, built = needed(shutil.which("cc"), "C compiler"), tmp_path / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, CLOCK, "-ldl"], check=True)
    newest = max(run.info.start_time for run in place.runs())
    behind_by = str(-2 * 24 * 3600)
    with preloaded(place.folder, LD_PRELOAD=str(built), CLOCK_AHEAD=behind_by) as early:
        behind = Shop(place.folder, place.client, early)
        summary = behind.retrained(next(numbers))
    assert summary["outcome"] in ("promoted", "refused"), summary
    assert 0 < summary["seconds"] < LIMIT
    assert place.client.get_run(summary["run_id"]).info.start_time < newest
    still_scores(place, summary["champion_after"])
    next_run_succeeds(place, next(numbers))
