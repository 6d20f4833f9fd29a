"""An address names one version or one path of a run, however it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException

from pipeline.errors import UsageError
from pipeline.registry.model_uri import (
    find_run,
    find_version,
    require_address,
    require_text,
    resolve_address,
)
from pipeline.runtime.integrity import ONNX_SHA256
from tests import versions

if TYPE_CHECKING:
    from mlflow import MlflowClient

GOOD = (
    *("models:/m@champion", "models:/m/1", "models:/m/1/", "models:/m/latest", "models:/m-0a1b"),
    *("runs:/0a1b/onnx", "runs:/0a1b/a/b", "runs:/0a1b/"),
)
BAD = (
    *("", "m", "models:/", "models:/m", "models:/m@", "models:/@champion", "models:/m/Production"),
    *(
        "models:/m/1/2",
        "models:/a/b@c",
        "models:/m/-1",
        "models:/m/1@champion",
        "runs:/",
        "runs:/x",
    ),
    *("s3://m/1", " models:/m/1", "models:/m/1\n"),
)


@pytest.mark.parametrize("address", GOOD)
def test_the_forms_of_mlflow_are_taken(address: str) -> None:
    require_address(address)


@pytest.mark.parametrize("address", BAD)
def test_any_other_form_is_refused_before_a_store_is_asked(address: str) -> None:
    with pytest.raises(UsageError, match="expected models:/NAME@ALIAS"):
        require_address(address)


def test_bytes_that_are_no_text_are_refused() -> None:
    for refuse in (require_text, require_address):
        with pytest.raises(UsageError, match="expected text in UTF-8"):
            refuse("models:/\udcff/1")


def test_an_alias_is_the_version_that_it_names_by_now(client: MlflowClient) -> None:
    for _ in range(2):
        versions.add(client, "m")
    for number in ("2", "1"):
        client.set_registered_model_alias("m", "champion", number)
        address, tags = resolve_address(client, "models:/m@champion")
        assert (address, tags) == (f"models:/m/{number}", versions.tags(client, "m", number))
        assert str(find_version(client, "models:/m@champion").version) == number
    with pytest.raises(UsageError, match="no more than a model and its version"):
        resolve_address(client, "models:/m/1/onnx")
    with pytest.raises(MlflowException):
        resolve_address(client, "models:/m@nobody")


@pytest.mark.parametrize(
    "path", ["onnx", "onnx/", "./onnx", "a/../onnx", "/onnx", "onnx?x", "onnx#x"]
)
def test_a_folder_of_a_run_is_held_to_its_tags_however_it_is_written(
    client: MlflowClient, path: str
) -> None:
    run = client.create_run(client.create_experiment("small")).info.run_id
    client.set_tag(run, ONNX_SHA256, "0a")
    client.set_tag(run, "other", "1")
    address, tags = resolve_address(client, f"runs:/{run}/{path}")
    assert address.startswith(f"runs:/{run}/onnx")
    assert (tags[ONNX_SHA256], tags["other"]) == ("0a", "1")
    _, others = resolve_address(client, f"runs:/{run}/pickle")
    assert others == {ONNX_SHA256: "0a"}


def test_what_is_not_there_is_answered_with_what_is(client: MlflowClient) -> None:
    versions.add(client, "m")
    client.set_registered_model_alias("m", "champion", "1")
    for address, known in (
        ("models:/m/7", "models:/m@champion"),
        ("models:/m@nobody", "models:/m@champion"),
        ("models:/n/1", "m"),
        ("models:/m", "Known: m"),
    ):
        with pytest.raises(UsageError) as caught:
            find_version(client, address)
        assert known in caught.value.hint
    with pytest.raises(UsageError, match="which no run has made"):
        find_run(client, "models:/m/1")
    run = client.create_run(client.create_experiment("small")).info.run_id
    client.create_model_version("m", "/nowhere", run_id=run)
    assert find_run(client, "models:/m/2") == run
