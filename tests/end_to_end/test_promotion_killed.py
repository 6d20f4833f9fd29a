"""A move that is killed between any two changes leaves a registry that works and is repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.doctor import check_registry
from pipeline.registry import alias_history, register
from pipeline.registry import client as registry
from pipeline.registry.promotion import promote_version, roll_back, stage_challenger
from pipeline.track import mlflow_run
from tests import tracked, versions
from tests.attacks import Counted

if TYPE_CHECKING:
    from mlflow import MlflowClient

KILLED = pytest.mark.attack(
    "kill -9 of a registration, promotion or rollback, before each of its changes",
    "every alias sound, the same command or the doctor completes it",
)
Work = Callable[["MlflowClient", str], Any]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def promoting(client: MlflowClient, name: str) -> None:
    promote_version(client, name, "3", "better")


def rolling_back(client: MlflowClient, name: str) -> None:
    roll_back(client, name, "wrong")


def two_champions_and_a_challenger(client: MlflowClient, name: str) -> None:
    for number in ("1", "2", "3"):
        versions.add(client, name)
        if number != "3":
            promote_version(client, name, number, "better")
    stage_challenger(client, name, "3")


def nothing_but_a_challenger(client: MlflowClient, name: str) -> None:
    for _ in range(3):
        versions.add(client, name)
    stage_challenger(client, name, "3")


def each_death(client: MlflowClient, begin: Work, work: Work) -> Iterator[tuple[str, bool]]:
    """Models in which `work` was killed before its first change, its second, until it was done.

    With each, whether it was killed.
    """
    for call in count(1):
        begin(client, name := f"m{call}")
        died = versions.killed_before(call, lambda own, name=name: work(own, name))
        assert versions.all_sound(client, name)
        assert died or alias_history.UNFINISHED not in client.get_registered_model(name).tags
        yield name, died
        if not died:
            return


def state(client: MlflowClient, name: str) -> tuple[dict[str, str], list[list[str]]]:
    """Aliases, and the moves that each version remembers; a move cut off must not show twice."""
    assert alias_history.UNFINISHED not in client.get_registered_model(name).tags
    kept = [
        [f"{move['action']} {move['version']}" for move in alias_history.read_history(entry)]
        for entry in registry.list_model_versions(client, name)
    ]
    return registry.list_aliases(client, name), kept


@KILLED
@pytest.mark.parametrize(
    ("begin", "work"),
    [
        pytest.param(two_champions_and_a_challenger, promoting, marks=pytest.mark.long),
        pytest.param(two_champions_and_a_challenger, rolling_back, marks=pytest.mark.long),
        pytest.param(nothing_but_a_challenger, promoting, marks=pytest.mark.long),
    ],
)
def test_the_same_command_again_ends_as_if_nothing_had_happened(
    client: MlflowClient, begin: Work, work: Work, counted: Counted
) -> None:
    begin(client, "whole")
    work(client, "whole")
    expected = state(client, "whole")
    deaths = 0
    for name, died in each_death(client, begin, work):
        if died:
            work(client, name)
        assert state(client, name) == expected
        deaths += died
    assert deaths > 5
    counted(tries=deaths)


@KILLED
def test_a_registration_that_is_killed_is_found_and_completed(
    client: MlflowClient, counted: Counted
) -> None:
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        logged = tracked.log(run, evidence)

    def registering(_: MlflowClient, name: str) -> None:
        manifest = replace(evidence.model.manifest, name=name)
        register.register_version(logged, manifest, evidence.parity, "# A card", claim=None)

    marked = 0
    for call in count(1):
        died = versions.killed_before(call, lambda own, name=f"m{call}": registering(own, name))
        if not died:
            break
        name = f"m{call}"
        cut_off = [f for f in check_registry.check([name]) if "cut off" in f.found]
        known = {} if call == 1 else registry.list_model_versions(client, name)
        assert [f.subject for f in cut_off] == [f"{name} {entry.version}" for entry in known]
        for finding in cut_off:
            assert finding.repair is not None
            finding.repair()
            marked += 1
            assert registry.list_aliases(client, name) == {"challenger": "1"}
            assert not [f for f in check_registry.check([name]) if "cut off" in f.found]
    assert marked >= 3  # before the alias, before the link, before the mark is gone
    assert registry.REGISTERING not in versions.tags(client, f"m{call}", "1")
    counted(tries=call - 1)


def test_a_registration_that_was_cut_off_long_ago_stays_behind_newer_ones(
    client: MlflowClient,
) -> None:
    versions.add(client, "m", **{registry.REGISTERING: "true"})
    versions.add(client, "m", "fail", **{registry.REGISTERING: "true"})
    versions.add(client, "m")
    promote_version(client, "m", "3", "better")
    for finding in [f for f in check_registry.check(["m"]) if f.repair]:
        finding.repair()  # type: ignore[misc]
    assert registry.list_aliases(client, "m") == {"champion": "3"}
    assert not any(entry.unfinished for entry in registry.list_model_versions(client, "m"))


@KILLED
@pytest.mark.long
def test_a_registration_that_is_killed_leaves_a_champion_and_the_next_one_goes_on(
    client: MlflowClient, counted: Counted
) -> None:
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        logged = tracked.log(run, evidence)

    claim = register.Claim("better", anyway=True)

    def registering(_: MlflowClient, name: str) -> None:
        manifest = replace(evidence.model.manifest, name=name)
        register.register_version(logged, manifest, evidence.parity, "# A card", claim=claim)

    seen, deaths = set(), 0
    for name, died in each_death(client, registering, registering):
        champion = registry.list_aliases(client, name)["champion"]
        registering(client, name)
        newest = versions.numbers(client, name)[0]
        assert registry.list_aliases(client, name) == {"champion": newest, "previous": champion}
        assert died or champion == "2"
        seen.add(champion)
        deaths += died
    assert seen == {"1", "2"}
    counted(tries=deaths)


@KILLED
@pytest.mark.long
def test_a_rollback_after_a_promotion_that_was_cut_off_leaves_the_champion_that_was_there(
    client: MlflowClient, counted: Counted
) -> None:
    seen, deaths = set(), 0
    for name, died in each_death(client, two_champions_and_a_challenger, promoting):
        champion = registry.list_aliases(client, name)["champion"]
        roll_back(client, name, "wrong")
        held = registry.list_aliases(client, name)
        held.pop("challenger", None)
        below = {"3": {"champion": "2", "previous": "1"}, "2": {"champion": "1"}}
        assert held == below[champion]
        assert "rolled_back" in versions.tags(client, name, champion)
        seen.add(champion)
        deaths += died
    assert seen == {"2", "3"}
    counted(tries=deaths)


@KILLED
@pytest.mark.long
def test_a_promotion_after_a_rollback_that_was_cut_off_keeps_what_readers_saw(
    client: MlflowClient, counted: Counted
) -> None:
    seen, deaths = set(), 0
    for name, died in each_death(client, two_champions_and_a_challenger, rolling_back):
        champion = registry.list_aliases(client, name)["champion"]
        promote_version(client, name, "3", "better")
        assert registry.list_aliases(client, name) == {"champion": "3", "previous": champion}
        assert ("rolled_back" in versions.tags(client, name, "2")) == (champion == "1")
        seen.add(champion)
        deaths += died
    assert seen == {"1", "2"}
    counted(tries=deaths)
