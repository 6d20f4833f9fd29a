"""Checks run in their order and name their findings; what was repaired is looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module

import pytest

from pipeline.doctor.finding import Finding, Status
from pipeline.doctor.run import CHECKS, run_checks


@dataclass
class Place:
    """Findings that are there until they are repaired."""

    wrong: dict[str, Status] = field(default_factory=dict)
    repairable: bool = True
    asked: list[str] = field(default_factory=list)

    def look(self, name: str, names: Sequence[str]) -> Iterator[Finding]:
        self.asked.append(name)
        status = self.wrong.get(name, "ok")
        repair = None if status == "ok" else lambda: self.repair(name)
        yield Finding("it", status, "found", repair=repair)

    def repair(self, name: str) -> None:
        if not self.repairable:
            raise OSError("read-only")
        self.wrong.pop(name, None)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place()
    for name in CHECKS:
        module = import_module(f"pipeline.doctor.check_{name}")
        monkeypatch.setattr(module, "check", lambda names, name=name: made.look(name, names))
    return made


def test_every_check_is_asked_once_and_names_its_findings(place: Place) -> None:
    assert [finding.check for finding in run_checks([])] == list(CHECKS)
    assert place.asked == list(CHECKS)


def test_without_a_store_nobody_asks_it_again(place: Place) -> None:
    place.wrong["store"] = "note"
    assert [finding.check for finding in run_checks([])] == ["versions", "disk", "store"]


def test_models_of_a_moved_folder_are_not_looked_at_until_it_is_mended(place: Place) -> None:
    place.wrong["paths"] = "problem"
    assert [finding.check for finding in run_checks([])] == list(CHECKS[:-1])
    assert [f.status for f in run_checks([], fix=True) if f.check == "paths"] == ["fixed", "ok"]
    assert [finding.check for finding in run_checks([])] == list(CHECKS)


def test_a_repair_that_fails_leaves_its_finding(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.wrong["disk"], place.repairable = "problem", False
    found = {finding.check: finding for finding in run_checks([], fix=True)}
    assert (found["disk"].status, found["disk"].fixable) == ("problem", True)
    assert "read-only" in caplog.text


def test_a_check_that_raises_is_a_problem_and_the_others_go_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(names: Sequence[str]) -> Iterator[Finding]:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("pipeline.doctor.check_runs.check", broken)
    found = {finding.check: finding for finding in run_checks([])}
    assert list(found) == list(CHECKS)
    assert found["runs"].status == "problem"
    assert found["runs"].found == "ZeroDivisionError: by nothing"
