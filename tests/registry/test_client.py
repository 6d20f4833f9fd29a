"""Models, versions and aliases are those that MLflow itself lists."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import DataError, TrackingError, UsageError
from pipeline.registry import client as registry
from tests import versions

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_versions_have_their_tags_and_aliases_the_newest_first(client: MlflowClient) -> None:
    for verdict in ("pass", "fail", "pass"):
        versions.add(client, "it's", verdict)
    client.set_registered_model_alias("it's", "champion", "1")
    client.set_registered_model_alias("it's", "best", "1")
    found = registry.list_model_versions(client, "it's")
    assert [(each.version, each.proven) for each in found] == [
        ("3", True),
        ("2", False),
        ("1", True),
    ]
    assert [each.aliases for each in found] == [(), (), ("best", "champion")]
    assert registry.list_aliases(client, "it's") == {"best": "1", "champion": "1"}
    for each in found:
        original = client.get_model_version("it's", each.version)
        assert each.tags == original.tags
        assert each.created.timestamp() * 1000 == pytest.approx(original.creation_timestamp)


def test_a_search_finds_what_its_condition_says(client: MlflowClient) -> None:
    versions.add(client, "m", fingerprint="a")
    versions.add(client, "m", fingerprint="b")
    versions.add(client, "n", fingerprint="a")
    found = registry.search_versions(client, "m", "tags.fingerprint = 'a'")
    assert [(each.name, str(each.version)) for each in found] == [("m", "1")]


def test_a_name_that_is_none_is_answered_with_the_nearest(client: MlflowClient) -> None:
    assert registry.list_model_names(client) == []
    with pytest.raises(UsageError) as nothing:
        registry.list_model_versions(client, "prices")
    assert "nothing is registered" in nothing.value.hint
    for name in ("prices", "churn"):
        versions.add(client, name)
    assert registry.list_model_names(client) == ["churn", "prices"]
    with pytest.raises(UsageError) as nearest:
        registry.list_aliases(client, "price")
    assert "prices" in nearest.value.hint


def test_a_version_without_a_run_is_one_all_the_same() -> None:
    version = SimpleNamespace(
        name="m", version=7, run_id=None, creation_timestamp=0, tags={registry.REGISTERING: "x"}
    )
    found = registry.make_entry(version, {"champion": "7", "previous": "6"})
    assert (found.version, found.run_id, found.aliases) == ("7", "", ("champion",))
    assert found.created == datetime(1970, 1, 1, tzinfo=UTC)
    assert found.unfinished and not found.proven


def test_whatever_a_registry_raises_is_one_error_and_our_own_stay() -> None:
    with pytest.raises(TrackingError, match="connection refused"), registry.translate_errors():
        raise ConnectionError("connection refused")
    ours = DataError("ours")
    with pytest.raises(DataError) as caught, registry.translate_errors():
        raise ours
    assert caught.value is ours
