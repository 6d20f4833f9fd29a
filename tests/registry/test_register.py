"""Only a proven run becomes a version, and the registry is never left half changed."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mlflow.pyfunc
import pytest
from mlflow import MlflowClient

from pipeline.errors import ParityError, TrackingError
from pipeline.registry import register
from tests import tracked
from tests.registry.registered import ANYWAY, CARD, aliases, registered, trained


def test_the_first_proven_run_is_the_champion(client: MlflowClient) -> None:
    version = registered()
    assert version.version == "1"
    assert version.aliases == ("champion",)
    assert version.uri == "models:/small/1"
    assert "/#/models/small/versions/1?" in version.url
    assert aliases(client) == {"champion": "1"}


def test_a_later_version_is_the_challenger_unless_it_claims_more(client: MlflowClient) -> None:
    assert registered(register.FIRST).aliases == ("champion",)
    second = registered(register.FIRST)
    assert (second.aliases, second.claimed) == (("challenger",), True)
    assert second.before is not None
    assert second.before.version == "1"
    assert registered(None).aliases == ("challenger",)
    assert aliases(client) == {"champion": "1", "challenger": "3"}


def test_a_claim_counts_against_the_champion_that_it_was_held_against(
    client: MlflowClient,
) -> None:
    """While one trains, somebody else may promote or roll back."""
    registered()
    registered()
    assert registered(register.Claim("better than 1", "1")).aliases == ("challenger",)
    assert registered(register.Claim("better than 2", "2")).aliases == ("champion",)
    assert aliases(client) == {"champion": "4", "previous": "2"}
    history = json.loads(client.get_model_version("small", "4").tags["history"])
    assert [move["reason"] for move in history] == ["better than 2"]


def test_a_version_says_where_it_comes_from(client: MlflowClient) -> None:
    version = registered()
    found = client.get_model_version("small", version.version)
    assert found.tags["verdict"] == "pass"
    assert found.tags["fingerprint"] == "f"
    assert found.tags["data_sha256"] == "0" * 64
    assert found.tags["run_id"] == found.run_id


def test_a_version_is_described_by_its_model_card_with_links_below_its_title(
    client: MlflowClient,
) -> None:
    version = registered()
    found = client.get_model_version("small", version.version)
    title, links, *rest = re.split(r"(?<=charges)  \n|\n\n", found.description)
    assert [title, *rest] == CARD.split("\n\n")
    run = client.get_run(found.run_id)
    assert f"](#/experiments/{run.info.experiment_id}/runs/{found.run_id}/artifacts/" in links
    assert f"/models/{found.source.removeprefix('models:/')}?" in links


def test_a_registered_model_says_what_its_versions_predict(client: MlflowClient) -> None:
    registered()
    found = client.get_registered_model("small")
    assert "`models:/small@champion`" in found.description
    assert found.tags == {"task": "regression", "target": "charges"}


def test_what_a_person_wrote_about_a_model_stays(client: MlflowClient) -> None:
    registered()
    client.update_registered_model("small", "Ours since spring.")
    registered()
    assert client.get_registered_model("small").description == "Ours since spring."


def test_the_logged_model_names_its_version(client: MlflowClient) -> None:
    run_id = client.get_model_version("small", registered().version).run_id
    (model,) = client.search_logged_models(
        [client.get_run(run_id).info.experiment_id], f"source_run_id = '{run_id}'"
    )
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": "small", "version": "1"}]


def test_a_registered_model_scores_by_alias(client: MlflowClient) -> None:
    registered()
    model = mlflow.pyfunc.load_model("models:/small@champion")
    assert len(model.predict(tracked.frame())) == 10


def test_the_former_champion_is_kept_as_previous(client: MlflowClient) -> None:
    for _ in range(3):
        registered()
    assert aliases(client) == {"champion": "3", "previous": "2"}


def test_a_bad_verdict_is_refused_and_nothing_is_registered(client: MlflowClient) -> None:
    run, evidence = trained()
    with pytest.raises(ParityError) as raised:
        register.register_version(run, evidence.model.manifest, tracked.FAILED, CARD)  # type: ignore[arg-type]
    assert raised.value.exit_code == 5
    assert client.search_registered_models() == []


def test_a_run_without_a_model_is_refused(client: MlflowClient) -> None:
    run, evidence = trained()
    lost = replace(run, model_uri=None)
    with pytest.raises(TrackingError, match="without a logged model"):
        register.register_version(lost, evidence.model.manifest, evidence.parity, CARD)


def test_characters_that_the_registry_refuses_are_replaced(client: MlflowClient) -> None:
    run, evidence = trained()
    manifest = replace(evidence.model.manifest, name="a/b:c")
    assert register.register_version(run, manifest, evidence.parity, CARD).name == "a-b-c"


Alias = Callable[[MlflowClient, str, str, str], None]


def failing_at(number: int, err: BaseException) -> Alias:
    """`set_registered_model_alias` that fails at its n-th call."""
    calls: list[str] = []
    original: Alias = MlflowClient.set_registered_model_alias

    def set_alias(self: MlflowClient, name: str, alias: str, version: str) -> None:
        calls.append(alias)
        if len(calls) == number:
            raise err
        original(self, name, alias, version)

    return set_alias


@pytest.mark.parametrize(
    "call", [pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long), 3]
)
def test_a_failure_at_any_alias_puts_everything_back(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    registered()
    registered()
    run, evidence = trained()
    broken = failing_at(call, OSError("gone"))
    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", broken)
    with pytest.raises(TrackingError, match="gone"):
        register.register_version(run, evidence.model.manifest, evidence.parity, CARD, claim=ANYWAY)
    assert aliases(client) == {"champion": "2", "previous": "1"}
    versions = client.search_model_versions("name='small'")
    assert sorted(str(version.version) for version in versions) == ["1", "2"]


@pytest.mark.parametrize("call", [1, 2])
def test_a_failure_with_the_first_version_leaves_no_registered_model(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    run, evidence = trained()
    broken = failing_at(call, OSError("gone"))
    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", broken)
    with pytest.raises(TrackingError):
        register.register_version(run, evidence.model.manifest, evidence.parity, CARD)
    assert client.search_registered_models() == []


def test_a_version_is_made_once_where_the_answer_to_the_request_is_lost(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    create = MlflowClient.create_model_version

    def sent_again(self: MlflowClient, *arguments: Any, **settings: Any) -> Any:
        create(self, *arguments, **settings)
        return create(self, *arguments, **settings)

    monkeypatch.setattr(MlflowClient, "create_model_version", sent_again)
    assert registered().version == "3"
    assert aliases(client) == {"champion": "3", "previous": "1"}
    versions = client.search_model_versions("name='small'")
    assert sorted(str(version.version) for version in versions) == ["1", "3"]


def test_an_interrupt_waits_until_the_registry_is_whole(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run, evidence = trained()
    create = MlflowClient.create_model_version

    def interrupted(*arguments: Any, **settings: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return create(*arguments, **settings)

    monkeypatch.setattr(MlflowClient, "create_model_version", interrupted)
    with pytest.raises(SystemExit) as raised:
        register.register_version(run, evidence.model.manifest, evidence.parity, CARD)
    assert raised.value.code == 143
    assert aliases(client) == {"champion": "1"}
    assert "models:/small/1 (champion) is registered" in caplog.text
