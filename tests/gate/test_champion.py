"""The champion is found with what its training left, also while the alias moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException

from pipeline.errors import TrackingError, UsageError
from pipeline.gate.champion import find_champion, find_known_version
from pipeline.registry import client as registry
from pipeline.registry import register
from pipeline.registry.promotion import promote_version
from pipeline.track import mlflow_run
from tests import tracked, versions

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


ANYWAY = register.Claim("because", anyway=True)


def registered(claim: register.Claim | None = ANYWAY) -> tuple[register.Version, str | None]:
    """A version of `small`, and its run."""
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        logged = tracked.log(run, evidence)
    manifest, parity = evidence.model.manifest, evidence.parity
    return register.register_version(logged, manifest, parity, "# A card", claim=claim), run.run_id


def test_without_a_model_or_an_alias_there_is_no_champion(client: MlflowClient) -> None:
    assert find_champion(client, "small") is None
    versions.add(client, "small")
    assert find_champion(client, "small") is None


def test_the_champion_brings_what_a_comparison_needs(client: MlflowClient) -> None:
    version, run_id = registered()
    found = find_champion(client, "small")
    assert found is not None
    assert (found.name, found.version, found.run_id) == ("small", version.version, run_id)
    assert found.tags["verdict"] == "pass"
    folder = found.fetch(Path("fetched"))
    for name in ("onnx/model.onnx", "onnx/manifest.json", "tables/leaderboard.json"):
        assert (folder / name).read_bytes() == Path("out", name).read_bytes()
    assert (folder / "config").is_dir()
    assert not (folder / "pickle").exists()


def test_a_challenger_leaves_the_champion_where_it_is(client: MlflowClient) -> None:
    registered()
    registered()
    version, _ = registered(None)
    assert version.aliases == ("challenger",)
    assert registry.list_aliases(client, "small") == {
        "champion": "2",
        "previous": "1",
        "challenger": "3",
    }
    promote_version(client, "small", version.version, "the gate says so")
    assert registry.list_aliases(client, "small") == {"champion": "3", "previous": "2"}


def test_the_first_challenger_of_a_new_model_is_no_champion(client: MlflowClient) -> None:
    version, _ = registered(None)
    assert version.aliases == ("challenger",)
    assert find_champion(client, "small") is None


def test_a_version_that_vanishes_while_it_is_looked_up_is_looked_up_again(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions.add(client, "m")
    promote_version(client, "m", "1", "first")
    look_up = client.get_model_version_by_alias
    answers: Iterator[str] = iter(["it was deleted just now"])

    def once_gone(name: str, alias: str) -> object:
        for answer in answers:
            raise MlflowException.invalid_parameter_value(answer)
        return look_up(name, alias)

    monkeypatch.setattr(client, "get_model_version_by_alias", once_gone)
    found = find_champion(client, "m")
    assert found is not None
    assert found.version == "1"


def test_a_champion_that_no_training_made_has_nothing_to_fetch(client: MlflowClient) -> None:
    versions.add(client, "m")
    promote_version(client, "m", "1", "first")
    found = find_champion(client, "m")
    assert found is not None
    with pytest.raises(UsageError, match="which no run has made"):
        found.fetch(Path("fetched"))


def test_a_fingerprint_is_known_of_every_version_of_this_model(client: MlflowClient) -> None:
    assert find_known_version(client, "m", "ab") is None
    for name, fingerprint in (("m", "ab"), ("m", "ab"), ("m", "cd"), ("n", "ef")):
        versions.add(client, name, fingerprint=fingerprint)
    assert [find_known_version(client, "m", text) for text in ("ab", "cd", "ef")] == [
        "2",
        "3",
        None,
    ]


def test_a_store_that_does_not_answer_is_said_so(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*given: str) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(client, "get_model_version_by_alias", gone)
    with pytest.raises(TrackingError, match="connection refused"):
        find_champion(client, "m")
