"""A calendar clock that is moved, by years and in the middle of a run: order is kept by numbers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipeline.models import __main__ as models
from tests import tracked
from tests.commands import Preloaded, needed, preloaded

DAY = 24 * 3600
CLOCK = Path(__file__).parents[1] / "retrain" / "clock.c"
TRAIN = ("--dataset", "insurance", "--include", "lr", "--fold", "2")


@dataclass(frozen=True)
class Moved:
    """Commands in a folder, each with the clock so many days off.

    Attributes:
        process: where they are forked from; it sees the clock through the library of `CLOCK`.
    """

    folder: Path
    process: Preloaded

    def ended(self, module: str, *options: str, days: float, when: Path | None = None) -> Any:
        """Run a command to its end; with `when` the clock is moved once something is there."""
        settings = {"CLOCK_AHEAD": str(int(days * DAY))}
        if when is not None:
            settings["CLOCK_WHEN"] = str(when)
        done = self.process.ended(self.folder, *options, module=module, **settings)
        assert "Traceback" not in done.stderr
        return done

    def trained(self, seed: int, *options: str, **clock: Any) -> None:
        more = ("--seed", str(seed), "--promote", "a", *options)
        done = self.ended("pipeline.train", *TRAIN, *more, **clock)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Moved]:
    compiler, built = needed(shutil.which("cc"), "C compiler"), tmp_path / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, CLOCK, "-ldl"], check=True)
    with preloaded(tmp_path, LD_PRELOAD=str(built)) as process:
        yield Moved(tmp_path, process)


@pytest.mark.parametrize(
    ("days", "text"), [(-3, "3 days"), (0, "less than a minute"), (400, "in the future")]
)
def test_the_age_of_a_version_is_never_below_zero(days: int, text: str) -> None:
    from datetime import UTC, datetime, timedelta

    created = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    assert models._age(created) == text
    assert models._ago(created) == (text if days > 0 else f"{text} ago")


@pytest.mark.long
@pytest.mark.attack(
    "a clock that is moved by years between and within trainings",
    "order of versions, gate, rollback and doctor as ever",
)
def test_versions_gate_rollback_prune_and_doctor_do_not_go_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: Moved
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    moved.trained(1, days=0)
    moved.trained(2, days=400)
    moved.trained(3, days=-400)
    # In the middle: it is there after the run was opened and before it is closed.
    moved.trained(4, "--output", "out", days=-30, when=tmp_path / "out" / "pickle")
    found = client.search_model_versions("name = 'insurance'", order_by=["version_number ASC"])
    made = [version.creation_timestamp for version in found]
    assert made[2] < made[3] < made[0] < made[1]  # the clock was moved indeed
    assert aliases(client) == {"champion": "4", "previous": "3"}
    assert all(run.info.end_time >= run.info.start_time for run in runs(client))
    assert all(run.info.status == "FINISHED" for run in runs(client))
    for days, champion, previous in ((-800, "3", "2"), (800, "2", "1")):
        back = moved.ended(
            *("pipeline.models", "rollback", "insurance", "--reason", "b"), days=days
        )
        assert back.returncode == 0, back.stderr
        assert aliases(client) == {"champion": champion, "previous": previous}
    keep = ("--keep", "1", "--older-than", "90d")
    for days, left in ((-1000, {"1", "2", "3", "4"}), (1000, {"1", "2", "4"})):
        pruned = moved.ended("pipeline.models", "prune", "insurance", *keep, days=days)
        assert pruned.returncode == 0, pruned.stderr
        assert {str(v.version) for v in client.search_model_versions("name = 'insurance'")} == left
    for days in (-900, 900):
        known = moved.ended("pipeline.retrain", *TRAIN, "--seed", "2", days=days)
        assert known.returncode == 0, known.stderr
        assert '"outcome": "unchanged"' in known.stdout
        for options in (("list",), ("show", "insurance")):
            assert moved.ended("pipeline.models", *options, days=days).returncode == 0
        examined = moved.ended("pipeline.doctor", days=days)
        assert examined.returncode == 0, examined.stdout
        assert "0 problems" in examined.stdout


def aliases(client: MlflowClient) -> dict[str, str]:
    return {k: str(v) for k, v in client.get_registered_model("insurance").aliases.items()}


def runs(client: MlflowClient) -> list[Any]:
    return list(client.search_runs([e.experiment_id for e in client.search_experiments()]))
