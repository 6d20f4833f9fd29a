"""Aliases and models: every damage is made for real, found, and repaired where that is safe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.doctor import check_registry
from pipeline.registry import alias_history, promotion
from pipeline.registry import client as registry
from pipeline.track import store
from tests.doctor.findings import not_ok, repair, sql

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.mark.usefixtures("project")
def test_a_healthy_registry_is_said_to_be_so() -> None:
    (finding,) = check_registry.check([])
    assert (finding.status, finding.found) == ("ok", "champion 2, previous 1")


@pytest.mark.usefixtures("project")
def test_an_unknown_name_is_a_problem_that_names_the_nearest() -> None:
    (finding,) = not_ok(check_registry.check, "smal")
    assert (finding.status, finding.subject) == ("problem", "smal")
    assert "small" in finding.action


def test_an_alias_that_points_nowhere_is_a_problem(project: Path, client: MlflowClient) -> None:
    sql(
        project,
        "DELETE FROM model_version_tags WHERE version = 1",
        "DELETE FROM model_versions WHERE version = 1",
    )
    (finding,) = not_ok(check_registry.check, "small")
    assert (finding.status, finding.subject) == ("problem", "small@previous")
    assert "does not exist" in finding.found
    repair(finding)
    assert registry.list_aliases(client, "small") == {"champion": "2"}
    assert not_ok(check_registry.check) == []


def test_a_champion_that_points_nowhere_is_left_to_a_person(
    project: Path, client: MlflowClient
) -> None:
    sql(
        project,
        "DELETE FROM model_version_tags WHERE version = 2",
        "DELETE FROM model_versions WHERE version = 2",
    )
    (finding,) = not_ok(check_registry.check)
    assert (finding.status, finding.fixable) == ("problem", False)
    assert "pipeline.models" in finding.action and "small" in finding.action


def test_a_champion_without_a_proof_is_a_problem(client: MlflowClient) -> None:
    client.set_model_version_tag("small", "2", "verdict", "fail")
    (finding,) = not_ok(check_registry.check)
    assert finding.subject == "small@champion"
    assert "'fail'" in finding.found
    assert "python -m pipeline.models rollback small" in finding.action


def test_a_champion_that_was_lost_is_a_problem_and_one_that_never_was_a_note(
    client: MlflowClient,
) -> None:
    client.delete_registered_model_alias("small", "champion")
    (finding,) = not_ok(check_registry.check)
    assert finding.status == "problem"
    assert "python -m pipeline.models promote small 2" in finding.action
    for version in ("1", "2"):
        client.delete_model_version_tag("small", version, alias_history.NUMBER)
    (finding,) = not_ok(check_registry.check)
    assert finding.status == "note"


def test_a_version_that_is_champion_and_previous_is_a_note_and_loses_the_second(
    client: MlflowClient,
) -> None:
    client.set_registered_model_alias("small", "previous", "2")
    (finding,) = not_ok(check_registry.check)
    assert finding.status == "note"
    repair(finding)
    assert registry.list_aliases(client, "small") == {"champion": "2"}


class Crash(BaseException):
    """Stands for the end of the process: nothing that follows is run."""


def test_a_move_that_was_cut_off_is_settled(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(type(client), "delete_registered_model_alias", crash)  # of `previous`
        promotion.roll_back(client, "small", "because")
    assert registry.list_aliases(client, "small") == {"champion": "1", "previous": "1"}
    (finding,) = not_ok(check_registry.check)
    assert finding.status == "note"
    repair(finding)
    assert registry.list_aliases(client, "small") == {"champion": "1"}
    assert not_ok(check_registry.check) == []


@pytest.mark.usefixtures("project")
def test_a_registry_that_is_just_being_changed_is_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check_registry, "_SECONDS", 0.05)
    with store.lock_store("registry"):
        (finding,) = check_registry.check([])
    assert (finding.status, finding.fixable) == ("note", False)
