"""Graphs: every damage is made for real, found, and repaired where that is safe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow.pyfunc
import pytest

from pipeline.doctor import check_models
from pipeline.registry import promotion
from pipeline.runtime import integrity
from tests import small_models, tracked
from tests.doctor.findings import not_ok, repair, sql

if TYPE_CHECKING:
    from mlflow import MlflowClient


def logged(client: MlflowClient, version: str) -> Path:
    """The graph that readers of the version get."""
    model_id = client.get_model_version("small", version).source.removeprefix("models:/")
    place = client.get_logged_model(model_id).artifact_location
    return Path(place, "model.onnx")


def raw(client: MlflowClient, version: str) -> Path:
    """The graph on the run's page."""
    run = client.get_run(str(client.get_model_version("small", version).run_id))
    return Path(run.info.artifact_uri, "onnx", "model.onnx")


@pytest.mark.usefixtures("project")
def test_every_version_with_an_alias_is_looked_at() -> None:
    found = list(check_models.check([]))
    assert [(f.status, f.subject) for f in found] == [
        ("ok", "small 2 (champion)"),
        ("ok", "small 1 (previous)"),
    ]


@pytest.mark.parametrize("place", [logged, raw])
@pytest.mark.parametrize("damage", ["one bit", "cut off", "empty", "gone"])
def test_a_damaged_graph_is_found_and_replaced_by_the_other_copy(
    client: MlflowClient, place: Callable[[MlflowClient, str], Path], damage: str
) -> None:
    file = place(client, "2")
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        flipped = content[:100] + bytes([content[100] ^ 1]) + content[101:]
        file.write_bytes({"one bit": flipped, "cut off": content[:-20], "empty": b""}[damage])
    (finding,) = not_ok(check_models.check, "small")
    assert (finding.status, finding.subject) == ("problem", "small 2 (champion)")
    assert "python -m pipeline.models rollback small" in finding.action
    repair(finding)
    assert file.read_bytes() == content
    assert not_ok(check_models.check) == []


def test_a_graph_whose_copies_are_both_damaged_is_left_alone_and_can_be_rolled_back(
    client: MlflowClient,
) -> None:
    for place in (logged, raw):
        place(client, "2").write_bytes(b"not a model")
    found = not_ok(check_models.check)
    assert [(f.subject, f.status, f.fixable) for f in found] == [
        ("small 2 (champion)", "problem", False)
    ] * 2
    promotion.roll_back(client, "small", "its graph is damaged")
    assert not_ok(check_models.check) == []
    model = mlflow.pyfunc.load_model("models:/small@champion")
    assert len(model.predict(tracked.frame())) == 10


def test_a_graph_that_was_exchanged_for_another_whole_one_is_found(client: MlflowClient) -> None:
    logged(client, "1").write_bytes(small_models.classification())
    (finding,) = not_ok(check_models.check)
    assert finding.subject == "small 1 (previous)"
    assert finding.fixable


def test_an_older_version_without_a_hash_is_judged_by_its_two_copies(
    project: Path, client: MlflowClient
) -> None:
    sql(project, "DELETE FROM model_version_tags WHERE key = 'onnx_sha256'")
    assert not_ok(check_models.check) == []  # the run has it too
    sql(project, "DELETE FROM tags WHERE key = 'onnx_sha256'")
    assert not_ok(check_models.check) == []
    raw(client, "2").write_bytes(b"something else")
    assert [f.fixable for f in not_ok(check_models.check)] == [False, False]


def test_a_model_that_mlflow_cannot_load_is_a_problem(client: MlflowClient) -> None:
    (logged(client, "2").parent / "MLmodel").write_text("flavors: {}")
    (finding,) = not_ok(check_models.check)
    assert finding.status == "problem"


@pytest.mark.parametrize("change", ["answer", "bound", "text", "gone"])
def test_golden_rows_that_do_not_fit_are_found(client: MlflowClient, change: str) -> None:
    file = raw(client, "2").with_name("golden.json")
    golden = json.loads(file.read_text())
    label = golden["expected"]["prediction_label"]
    if change == "answer":
        label[3] *= 1 + 1e-6
    elif change == "bound":
        label[3], golden["tolerance"] = label[3] * (1 + 1e-6), 1e-5
    file.write_text("{" if change == "text" else json.dumps(golden))
    if change == "gone":
        file.unlink()
    run_id = str(client.get_model_version("small", "2").run_id)  # as if it had been logged so
    client.set_tag(run_id, integrity.CHECKSUMS_SHA256, integrity.write_checksums(file.parent))
    found = [(f.status, f.subject) for f in not_ok(check_models.check)]
    expected = {"answer": "problem", "bound": "", "text": "problem", "gone": "note"}[change]
    assert found == ([(expected, "small 2 (champion)")] if expected else [])
