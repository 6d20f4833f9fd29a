"""What is shown of models and versions is what MLflow keeps of them, and JSON can hold it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import UsageError
from pipeline.registry import client as registry
from pipeline.registry.listing import describe_version, list_models, list_version_records
from pipeline.registry.promotion import promote_version
from tests import versions
from tests.registry.moves import WHY, promoted

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_model_is_shown_by_its_champion_or_else_its_newest_version(client: MlflowClient) -> None:
    promoted(client, 1)
    versions.add(client, "m", **{registry.REGISTERING: "x"})
    versions.add(client, "n")
    versions.add(client, "n")
    client.create_registered_model("without")
    found = {record["name"]: record for record in list_models(client)}
    assert list(found) == ["m", "n", "without"]
    assert [(name, (found[name]["shown"] or {}).get("version")) for name in found] == [
        *(("m", "1"), ("n", "2"), ("without", None))
    ]
    assert found["m"]["aliases"] == {"champion": "1"}
    assert (found["m"]["registering"], found["m"]["unfinished"]) == (["2"], False)
    json.dumps(list(found.values()), allow_nan=False)


@pytest.mark.parametrize("text", ["0.5", "nan", "inf", "1e999", "much", ""])
def test_a_tag_that_is_no_number_is_none(client: MlflowClient, text: str) -> None:
    versions.add(client, "m", metric="R2", holdout=text)
    (record,) = list_version_records(client, "m")
    assert record["metric"] == {"name": "R2", "holdout": 0.5 if text == "0.5" else None}
    assert record["run_id"] is None


@pytest.mark.parametrize("address", ["m", "m@champion", "m/1", "models:/m/1", "models:/m@champion"])
def test_a_version_is_described_by_any_of_its_addresses(client: MlflowClient, address: str) -> None:
    promoted(client, 1)
    versions.add(client, "m")
    found = describe_version(client, address)
    assert (found["name"], found["version"], found["aliases"]) == ("m", "1", ["champion"])
    assert [move["reason"] for move in found["history"]] == [WHY]
    assert found["tags"] == dict(sorted(versions.tags(client, "m", "1").items()))
    assert list(found["links"]) == ["version"]


def test_links_lead_to_the_run_as_long_as_it_is_there(client: MlflowClient) -> None:
    run = client.create_run(client.create_experiment("small")).info
    client.create_registered_model("m")
    client.create_model_version("m", "/nowhere", run_id=run.run_id, tags={"verdict": "pass"})
    promote_version(client, "m", "1", WHY)
    links = describe_version(client, "m")["links"]
    for name in ("run", "report"):
        assert f"/experiments/{run.experiment_id}/runs/{run.run_id}" in links[name]


def test_a_model_without_versions_has_none_to_describe(client: MlflowClient) -> None:
    client.create_registered_model("m")
    for address in ("m", "m/1", "m@champion", "other"):
        with pytest.raises(UsageError):
            describe_version(client, address)
