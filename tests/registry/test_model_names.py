"""A name is for one task and one target."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.errors import ConfigError
from pipeline.registry import model_names
from tests import tracked
from tests.registry.registered import aliases, registered


def test_a_model_of_the_same_name_for_another_target_is_left_alone(client: MlflowClient) -> None:
    """Two tables that are both called train.csv, say."""
    name = registered().name
    client.set_registered_model_tag(name, "target", "churn")
    before = aliases(client)
    with pytest.raises(ConfigError, match=r"predicts something else.*'churn'"):
        registered()
    assert aliases(client) == before
    assert len(client.search_model_versions(f"name = '{name}'")) == 1


def test_a_name_that_is_taken_by_another_target_shows_before_a_training(
    client: MlflowClient,
) -> None:
    spec = tracked.evidence(Path("out"), count=1).dataset.spec
    model_names.check_model_name(spec)  # nothing is registered yet
    name = registered().name
    model_names.check_model_name(spec)
    client.set_registered_model_tag(name, "target", "churn")
    with pytest.raises(ConfigError, match=r"predicts something else.*'churn'") as caught:
        model_names.check_model_name(spec)
    assert "--no-register" in str(caught.value.hint)


def test_without_a_registry_that_answers_a_name_is_checked_later(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> MlflowClient:
        raise ConnectionError("no answer")

    monkeypatch.setattr(model_names.store, "connect", silent)
    model_names.check_model_name(tracked.evidence(Path("out"), count=1).dataset.spec)
