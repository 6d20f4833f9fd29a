"""The health file as Prometheus' own parser reads it."""

from __future__ import annotations

import errno
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.notify import prometheus
from pipeline.notify.summary import Times
from tests.notify.summaries import HOSTILE, summary

SUCCESS = "retrain_last_success_timestamp_seconds"
COMPLETED = "retrain_last_completed_timestamp_seconds"
RUN = "retrain_last_run_timestamp_seconds"

ENDS = {
    RetrainOutcome.promoted: 0,
    RetrainOutcome.unchanged: 0,
    RetrainOutcome.refused: 6,
    RetrainOutcome.failed: 1,
    RetrainOutcome.killed: 143,
}


def read(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its metric and labels; help and type must be there, nothing twice."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(text: str, metric: str, model: str = "insurance", /, **labels: str) -> float:
    return read(text)[metric, frozenset({"model": model, **labels}.items())]


def at(day: int) -> Times:
    moment = f"2026-03-{day:02}T02:00:00.000+00:00"
    return Times(moment, moment, 1.5)


def seconds(day: int) -> float:
    return 1772330400.0 + (day - 1) * 86400


def updated(path: Path, outcome: RetrainOutcome, day: int, **values: Any) -> str:
    prometheus.write_health_file(summary(outcome, ENDS[outcome], times=at(day), **values), path)
    return path.read_text()


def test_all_that_is_known_is_there(tmp_path: Path) -> None:
    text = updated(
        *(tmp_path / "a.prom", RetrainOutcome.promoted, 1),
        champion_before="3",
        champion_after="4",
        metric="MAE",
        champion_metric=2800.5,
        challenger_metric=2700.25,
        parity="pass",
        drifted=("age",),
    )
    assert value(text, RUN) == value(text, SUCCESS) == value(text, COMPLETED) == seconds(1)
    assert value(text, "retrain_duration_seconds") == 1.5
    assert value(text, "retrain_exit_code") == 0
    assert value(text, "retrain_champion_version") == 4
    assert value(text, "retrain_metric", metric="MAE", role="champion") == 2800.5
    assert value(text, "retrain_metric", metric="MAE", role="challenger") == 2700.25
    assert value(text, "retrain_parity_passed") == 1
    assert value(text, "retrain_drifted_columns") == 1


@pytest.mark.parametrize("outcome", ENDS)
def test_one_outcome_is_1_and_all_others_are_0(outcome: RetrainOutcome, tmp_path: Path) -> None:
    text = updated(tmp_path / "a.prom", outcome, 1)
    shown = {other: value(text, "retrain_outcome", outcome=other.value) for other in ENDS}
    assert shown == {other: float(other is outcome) for other in ENDS}
    assert value(text, "retrain_exit_code") == ENDS[outcome]


def test_what_a_failed_run_does_not_know_is_left_out(tmp_path: Path) -> None:
    text = updated(tmp_path / "a.prom", RetrainOutcome.failed, 1)
    names = {name for name, _ in read(text)}
    assert not names & {"retrain_champion_version", "retrain_metric", "retrain_parity_passed"}
    assert value(text, SUCCESS) == 0
    assert value(text, RUN) == seconds(1)


def test_the_last_success_outlives_refusals_and_failures(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    updated(path, RetrainOutcome.promoted, 1)
    refused = updated(path, RetrainOutcome.refused, 2)
    assert (value(refused, SUCCESS), value(refused, COMPLETED)) == (seconds(1), seconds(2))
    failed = updated(path, RetrainOutcome.failed, 3)
    assert (value(failed, SUCCESS), value(failed, COMPLETED)) == (seconds(1), seconds(2))
    assert value(failed, RUN) == seconds(3)
    again = updated(path, RetrainOutcome.unchanged, 4)
    assert value(again, SUCCESS) == value(again, COMPLETED) == seconds(4)


def test_a_clock_that_moves_back_makes_no_success_older(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    updated(path, RetrainOutcome.promoted, 3)
    text = updated(path, RetrainOutcome.promoted, 2)
    assert value(text, SUCCESS) == seconds(3)
    assert value(text, RUN) == seconds(2)


@pytest.mark.parametrize("outcome", ENDS)
def test_a_moment_that_a_wrong_clock_wrote_is_forgotten(
    outcome: RetrainOutcome, tmp_path: Path
) -> None:
    path = tmp_path / "a.prom"
    updated(path, RetrainOutcome.promoted, 30)
    assert value(updated(path, outcome, 1), SUCCESS) == (0 if ENDS[outcome] else seconds(1))


@pytest.mark.parametrize(
    ("outcome", "code"), [(RetrainOutcome.locked, 75), (RetrainOutcome.planned, 0)]
)
def test_a_run_that_was_locked_out_or_only_planned_leaves_the_file_alone(
    outcome: RetrainOutcome, code: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.prom"
    prometheus.write_health_file(summary(outcome, code), path)
    assert not path.exists()


CORRUPT = [
    *(b"", b"\xff\xfe\x00", b"\x00" * 4096, b"x" * 100, f"{SUCCESS}".encode()),
    f'{SUCCESS}{{model="insurance"}} NaN\n'.encode(),
    f'{SUCCESS}{{model="insurance"}} +Inf\n'.encode(),
    f'{SUCCESS}{{model="insurance"}} -5\n'.encode(),
    f'{SUCCESS}{{model="insurance"}} 1e400\n{SUCCESS}{{model="insur'.encode(),
]


@pytest.mark.parametrize("content", CORRUPT)
def test_a_corrupt_earlier_file_counts_as_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    path.write_bytes(content)
    text = updated(path, RetrainOutcome.failed, 1)
    assert value(text, SUCCESS) == 0


@given(content=st.binary())
def test_no_earlier_file_is_too_odd(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("health") / "a.prom"
    path.write_bytes(content)
    read(updated(path, RetrainOutcome.refused, 1))


def test_a_file_that_is_cut_off_anywhere_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    whole = updated(path, RetrainOutcome.promoted, 1)
    for length in range(0, len(whole), 7):
        path.write_text(whole[:length])
        assert value(updated(path, RetrainOutcome.failed, 2), SUCCESS) in {0, seconds(1)}


@given(model=HOSTILE, metric=HOSTILE, before=st.floats(), after=st.floats())
def test_hostile_names_and_numbers_are_read_back_as_they_are(
    model: str, metric: str, before: float, after: float
) -> None:
    shown = {text: text.encode("utf-8", "backslashreplace").decode() for text in (model, metric)}
    text = prometheus.render_health_file(
        summary(model=model, metric=metric, champion_metric=before, challenger_metric=after), {}
    )
    for role, number in (("champion", before), ("challenger", after)):
        got = value(text, "retrain_metric", shown[model], metric=shown[metric], role=role)
        assert got == number or (math.isnan(got) and math.isnan(number))


@given(model=HOSTILE)
def test_the_last_success_is_found_again_under_every_name(
    model: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("health") / "a.prom"
    updated(path, RetrainOutcome.promoted, 1, model=model)
    assert prometheus.read_health_file(path, model)[SUCCESS] == seconds(1)


def test_two_models_in_one_file_are_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.prom"
    updated(path, RetrainOutcome.promoted, 1)
    assert not caplog.records
    updated(path, RetrainOutcome.promoted, 1, model="penguins")
    assert "each model needs its own" in caplog.text


def test_a_file_that_cannot_be_written_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    prometheus.write_health_file(summary(), tmp_path / "a.prom")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "No space left on device" in caplog.text
    assert not list(tmp_path.iterdir())
