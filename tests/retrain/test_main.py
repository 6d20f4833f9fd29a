"""`python -m pipeline.retrain` as a scheduler meets it; years and faults are in retraining/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.retrain.lock import model_lock
from tests.commands import Preloaded, python
from tests.retrain import weeks
from tests.retrain.shop import NAME, RETRAIN, Shop, shop

pytestmark = pytest.mark.slow

NOTIFY = """
[notify]
command = ["sh", "-c", "cat > told.json"]
on = ["promoted", "refused"]
health = "shop.prom"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("retrain"), ready, weeks.CONFIG + NOTIFY) as made:
        yield made


@pytest.fixture(scope="module")
def first(place: Shop) -> dict[str, Any]:
    """The first week, whose model becomes the champion."""
    return place.retrained(1, "--summary", "summary.json", pictures=True)


def test_the_first_proven_model_becomes_the_champion(place: Shop, first: dict[str, Any]) -> None:
    assert (first["outcome"], first["exit_code"], first["parity"]) == ("promoted", 0, "pass")
    assert (first["champion_before"], first["champion_after"]) == (None, "1")
    assert place.aliases() == {"champion": "1"}


def test_file_alert_and_health_file_say_what_stdout_says(
    place: Shop, first: dict[str, Any]
) -> None:
    for name in ("summary.json", "told.json"):
        assert json.loads((place.folder / name).read_text(encoding="utf-8")) == first
    health = (place.folder / "shop.prom").read_text(encoding="utf-8")
    assert 'retrain_outcome{model="shop",outcome="promoted"} 1' in health


def test_mlflow_shows_the_decision_first(place: Shop, first: dict[str, Any]) -> None:
    run = place.client.get_run(first["run_id"])
    assert run.info.status == "FINISHED"
    assert run.info.run_name.endswith(" (promoted)")
    assert run.data.tags["decision"] == "promoted"
    assert run.data.tags["mlflow.note.content"].startswith("**Gate: passed.**")
    assert run.data.metrics["gate_challenger"] == first["challenger_metric"]
    held = {item.path for item in place.client.list_artifacts(first["run_id"], "tables")}
    assert "tables/gate.json" in held
    tags = place.client.get_model_version(NAME, "1").tags
    assert (tags["gate"], tags["promotion_reason"]) == ("passed", first["reason"])


def test_the_same_again_is_nothing_to_do(place: Shop, first: dict[str, Any]) -> None:
    runs = len(place.runs())
    summary = place.retrained(1)
    assert (summary["outcome"], summary["exit_code"]) == ("unchanged", 0)
    assert "version 1" in summary["reason"]
    assert len(place.runs()) == runs
    assert summary["fingerprint"] == first["fingerprint"]


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    place: Shop, first: dict[str, Any]
) -> None:
    runs = len(place.runs())
    summary = place.retrained(2, "--dry-run")
    assert (summary["outcome"], summary["exit_code"]) == ("planned", 0)
    assert "version 1 is the champion to beat" in summary["reason"]
    assert len(place.runs()) == runs
    told = json.loads((place.folder / "told.json").read_text(encoding="utf-8"))
    assert told["outcome"] == "promoted"  # the one from before


def test_a_dry_run_makes_no_store(ready: Preloaded, tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(weeks.SPEC, encoding="utf-8")
    weeks.file(tmp_path, 1)
    before = set(tmp_path.iterdir())
    done = ready.ended(tmp_path, "--dataset", "shop.toml", "--dry-run", module=RETRAIN)
    assert json.loads(done.stdout)["outcome"] == "planned", done.stderr
    left = {path.name for path in set(tmp_path.iterdir()) - before}
    assert left == {"mlflow.db-retrain-shop.lock"}


def test_data_far_from_the_champions_is_refused_with_a_report(
    place: Shop, first: dict[str, Any]
) -> None:
    summary = place.retrained(21)
    assert (summary["outcome"], summary["exit_code"]) == ("refused", 3)
    assert "pro" in summary["reason"]
    run = place.client.get_run(summary["run_id"])
    assert run.data.tags["decision"] == "refused"
    held = {item.path for item in place.client.list_artifacts(summary["run_id"], "reports")}
    assert held == {"reports/drift.html"}
    assert place.aliases() == {"champion": "1"}


@pytest.mark.long
def test_a_target_of_noise_is_refused_and_the_champion_stays(
    place: Shop, first: dict[str, Any]
) -> None:
    frame = weeks.table(2)
    shuffled = frame["plan"].sample(frac=1, random_state=0).to_numpy()
    frame.assign(plan=shuffled).to_csv(place.folder / "week-90.csv", index=False)
    summary = place.retrained(90)
    assert (summary["outcome"], summary["exit_code"]) == ("refused", 6), summary
    assert "no model has learned anything" in summary["reason"]
    run = place.client.get_run(summary["run_id"])
    assert (run.info.status, run.data.tags["decision"]) == ("FINISHED", "refused")
    assert run.data.tags["verdict"] == "nothing learned"
    assert place.aliases() == {"champion": "1"}


def test_a_second_run_for_the_same_model_ends_at_once(place: Shop, first: dict[str, Any]) -> None:
    with model_lock(NAME):
        summary = place.retrained(3)
    assert (summary["outcome"], summary["exit_code"]) == ("locked", 75)
    assert str(place.folder) in summary["hint"]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--budget", "soon"), 2, "expected a duration"),
        (("--config", "none.toml"), 3, "none.toml"),
        (("--include", "lrr"), 3, "lr"),
    ],
)
def test_what_cannot_work_ends_before_anything_is_done(
    place: Shop, options: tuple[str, ...], code: int, says: str
) -> None:
    before = place.aliases()
    running = place.started(3, *options, name="wrong")
    assert running.end() == code
    summary = place.summary("wrong")
    assert (summary["outcome"], summary["exit_code"]) == ("failed", code)
    assert says in summary["reason"] + summary["hint"]
    assert place.aliases() == before


def test_a_champion_that_cannot_be_fetched_is_not_replaced(
    place: Shop, first: dict[str, Any]
) -> None:
    source = place.client.get_model_version(NAME, "1").source.removeprefix("models:/")
    (file,) = place.folder.glob(f"mlruns/**/{source}/**/model.onnx")
    away = file.rename(place.folder / "away.onnx")
    try:
        summary = place.retrained(5)
    finally:
        away.rename(file)
    assert (summary["outcome"], summary["exit_code"]) == ("failed", 7)
    assert "the champion stays" in summary["hint"]
    assert place.client.get_run(summary["run_id"]).data.tags["decision"] == "failed"
    assert place.aliases() == {"champion": "1"}


def test_a_champion_that_is_not_as_it_was_logged_is_not_replaced(
    place: Shop, first: dict[str, Any]
) -> None:
    source = place.client.get_model_version(NAME, "1").source.removeprefix("models:/")
    (file,) = place.folder.glob(f"mlruns/**/{source}/**/model.onnx")
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        summary = place.retrained(5)
    finally:
        file.write_bytes(content)
    assert (summary["outcome"], summary["exit_code"]) == ("refused", 3)
    assert "models:/" in summary["reason"] and "model.onnx: got sha256" in summary["reason"]
    assert f"rollback {NAME}" in summary["hint"]
    assert place.aliases() == {"champion": "1"}


def test_a_summary_that_nobody_reads_is_still_told(place: Shop, first: dict[str, Any]) -> None:
    (place.folder / "shop.prom").unlink()
    (place.folder / "unread.out").symlink_to("/dev/full")
    running = place.started(1, name="unread")
    running.end()
    assert 'outcome="unchanged"} 1' in (place.folder / "shop.prom").read_text(encoding="utf-8")


def test_without_a_store_it_ends_with_7(place: Shop) -> None:
    nowhere = "http://127.0.0.1:9"
    running = place.started(3, name="nowhere", MLFLOW_TRACKING_URI=nowhere)
    assert running.end() == 7
    assert place.summary("nowhere")["outcome"] == "failed"


@pytest.mark.parametrize("flag", ["data", "config"])
def test_a_summary_never_replaces_what_is_read(tmp_path: Path, flag: str) -> None:
    for name in ("data", "config"):
        (tmp_path / name).write_text(name)
    arguments = ["--data", "data", "--config", "config", "--target", "y", "--summary", f"./{flag}"]
    done = python("-m", "pipeline.retrain", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert f"--summary is the file that --{flag} reads" in done.stderr
    assert (tmp_path / flag).read_text() == flag
