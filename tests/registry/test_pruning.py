"""Pruning deletes what is old, and never a version that an alias names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import ParityError, UsageError
from pipeline.registry import alias_history, pruning
from pipeline.registry import client as registry
from pipeline.registry.client import VersionEntry
from pipeline.registry.promotion import promote_version, roll_back, stage_challenger
from pipeline.registry.pruning import judge_versions, prune_versions
from tests import tracked, versions

if TYPE_CHECKING:
    from mlflow import MlflowClient

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ANY_AGE = timedelta(seconds=-1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowClient]:
    with pytest.MonkeyPatch.context() as patch:
        yield tracked.enter(tmp_path_factory.mktemp("store"), patch)


def entries(*days: int, **aliases: int) -> list[VersionEntry]:
    """Versions of these ages, the newest first; aliases by their places."""
    return [
        VersionEntry(
            *("m", str(len(days) - place), "", NOW - timedelta(days=age), {}),
            tuple(alias for alias, at in aliases.items() if at == place),
        )
        for place, age in enumerate(days)
    ]


def gone(*days: int, keep: int, older_than: int, **aliases: int) -> list[int]:
    """The ages of what would be deleted."""
    found = judge_versions(entries(*days, **aliases), keep, timedelta(days=older_than), NOW)
    return [(NOW - judgement.entry.created).days for judgement in found if not judgement.kept]


def test_only_what_is_both_old_and_not_among_the_newest_goes() -> None:
    assert gone(1, 5, 91, 92, keep=2, older_than=90) == [91, 92]
    assert gone(1, 5, 91, 92, keep=3, older_than=90) == [92]
    assert gone(1, 5, 91, 92, keep=0, older_than=91) == [92]
    assert gone(1, 5, keep=2, older_than=0) == []
    assert gone(keep=0, older_than=0) == []


def test_what_an_alias_names_stays_whatever_the_alias() -> None:
    assert gone(91, 92, 93, keep=0, older_than=90, champion=2, canary=0) == [92]


def test_a_version_from_the_future_stays() -> None:
    assert gone(-3, 0, keep=0, older_than=0) == []


def test_every_judgement_says_why() -> None:
    found = judge_versions(entries(1, 5, 91, 92, champion=3), 1, timedelta(days=90), NOW)
    assert [judgement.why for judgement in found] == [
        "is among the newest 1",
        "is not older than 90 days",
        "is 91 days old and has no alias",
        "is champion",
    ]


def test_a_dry_run_deletes_nothing_and_says_the_same(client: MlflowClient) -> None:
    for _ in range(3):
        versions.add(client, "dry")
    promote_version(client, "dry", "1", "first")
    planned = prune_versions(client, "dry", 1, ANY_AGE, dry_run=True)
    assert versions.numbers(client, "dry") == ["3", "2", "1"]
    done = prune_versions(client, "dry", 1, ANY_AGE)
    assert [(j.entry.version, j.kept) for j in done] == [(j.entry.version, j.kept) for j in planned]
    assert versions.numbers(client, "dry") == ["3", "1"]


def test_a_version_that_gets_an_alias_meanwhile_stays(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        versions.add(client, "busy")

    @contextmanager
    def after_somebody_else() -> Iterator[None]:
        client.set_registered_model_alias("busy", "champion", "1")
        with registry.lock_registry():
            yield

    monkeypatch.setattr(pruning, "lock_registry", after_somebody_else)
    found = {
        judgement.entry.version: judgement
        for judgement in prune_versions(client, "busy", 1, ANY_AGE)
    }
    assert (found["1"].kept, found["1"].why) == (True, "has become champion")
    assert versions.numbers(client, "busy") == ["3", "1"]


def test_what_somebody_else_has_deleted_is_no_failure(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        versions.add(client, "twice")

    @contextmanager
    def after_somebody_else() -> Iterator[None]:
        if "1" in versions.numbers(client, "twice"):
            client.delete_model_version("twice", "1")
        with registry.lock_registry():
            yield

    monkeypatch.setattr(pruning, "lock_registry", after_somebody_else)
    prune_versions(client, "twice", 1, ANY_AGE)
    assert versions.numbers(client, "twice") == ["3"]


def test_a_version_that_an_unfinished_move_needs_stays(client: MlflowClient) -> None:
    """A promotion was killed when `previous` had moved, but not the champion."""
    for number in "123":
        versions.add(client, "cut")
        if number != "3":
            promote_version(client, "cut", number, "better")
    (done,) = alias_history.read_history(registry.list_model_versions(client, "cut")[1])
    cut = replace(alias_history.Move(**done), version="3", replaced="2", previous="2", former="1")
    alias_history.begin_move(client, "cut", cut)
    client.set_registered_model_alias("cut", "previous", "2")
    prune_versions(client, "cut", 1, ANY_AGE)
    assert versions.numbers(client, "cut") == ["3", "2", "1"]
    assert registry.list_aliases(client, "cut") == {"champion": "2", "previous": "1"}


def test_an_unknown_model_is_refused(client: MlflowClient) -> None:
    with pytest.raises(UsageError, match="expected one that is registered"):
        prune_versions(client, "nothing of this name", 1, ANY_AGE)


@dataclass
class Rules:
    """What the registry should do: the champions are a stack, aliases protect."""

    verdicts: dict[str, str] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    challenger: str | None = None

    @property
    def aliases(self) -> dict[str, str]:
        found = dict(zip(("champion", "previous"), reversed(self.stack), strict=False))
        return found | ({"challenger": self.challenger} if self.challenger else {})

    def refusal(self, version: str) -> type[Exception] | None:
        if version not in self.verdicts:
            return UsageError
        return None if self.verdicts[version] == "pass" else ParityError

    def promoted(self, version: str) -> None:
        if self.stack[-1:] == [version]:
            return
        self.stack = [other for other in self.stack if other != version] + [version]
        self.challenger = None if self.challenger == version else self.challenger

    def pruned(self, keep: int) -> None:
        newest = sorted(self.verdicts, key=int)[len(self.verdicts) - keep :] if keep else []
        stay = {*newest, *self.aliases.values()}
        self.verdicts = {v: verdict for v, verdict in self.verdicts.items() if v in stay}
        self.stack = [version for version in self.stack if version in stay]


NUMBERS = st.integers(1, 6).map(str)
STEPS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(["pass", "pass", "fail"])),
    st.tuples(st.just("promote"), NUMBERS),
    st.tuples(st.just("stage"), NUMBERS),
    st.tuples(st.just("rollback"), st.none()),
    st.tuples(st.just("prune"), st.integers(0, 3)),
)
FRESH = (f"random-{number}" for number in count())


def refused(error: type[Exception] | None, work: Callable[..., Any], *given: Any) -> bool:
    if error is None:
        work(*given)
        return False
    with pytest.raises(error):
        work(*given)
    return True


def step(client: MlflowClient, name: str, rules: Rules, action: str, value: Any) -> None:
    """The same step in the registry and by the rules."""
    if action == "add":
        rules.verdicts[versions.add(client, name, value)] = value
    elif action == "promote":
        error = None if rules.stack[-1:] == [value] else rules.refusal(value)
        if not refused(error, promote_version, client, name, value, "x"):
            rules.promoted(value)
    elif action == "stage":
        if not refused(rules.refusal(value), stage_challenger, client, name, value):
            rules.challenger = value
    elif action == "rollback":
        if not refused(None if rules.stack[1:] else UsageError, roll_back, client, name, "x"):
            rules.stack.pop()
    else:
        prune_versions(client, name, value, ANY_AGE)
        rules.pruned(value)


@given(st.lists(STEPS, min_size=5, max_size=12))
@example([("add", "pass"), ("promote", "1"), ("prune", 0), ("add", "pass"), ("promote", "2")])
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_aliases_follow_the_rules_whatever_the_order(
    client: MlflowClient, steps: list[tuple[str, Any]]
) -> None:
    name, rules = next(FRESH), Rules()
    for verdict in ("pass", "pass", "pass"):
        step(client, name, rules, "add", verdict)
    for action, value in steps:
        step(client, name, rules, action, value)
        assert registry.list_aliases(client, name) == rules.aliases
        assert set(versions.numbers(client, name)) == set(rules.verdicts)
