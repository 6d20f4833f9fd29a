"""Aliases and models: every damage is made for real, found, and repaired where that is safe."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow.pyfunc
import pytest

from pipeline.doctor import check_models, check_registry, golden_answers
from pipeline.doctor.finding import Finding
from pipeline.registry import alias_history, promotion
from pipeline.registry import client as registry
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from pipeline.track import store
from tests import small_models, tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


def not_ok(check: Callable[..., object], *names: str) -> list[Finding]:
    return [f for f in check(names) if f.status != "ok"]  # type: ignore[attr-defined]


def repair(finding: Finding) -> None:
    assert finding.repair is not None
    finding.repair()


def logged(client: MlflowClient, version: str) -> Path:
    """The graph that readers of the version get."""
    model_id = client.get_model_version("small", version).source.removeprefix("models:/")
    place = client.get_logged_model(model_id).artifact_location
    return Path(place, "model.onnx")


def raw(client: MlflowClient, version: str) -> Path:
    """The graph on the run's page."""
    run = client.get_run(str(client.get_model_version("small", version).run_id))
    return Path(run.info.artifact_uri, "onnx", "model.onnx")


def sql(project: Path, *statements: str) -> None:
    with closing(sqlite3.connect(project / "mlflow.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


# --- aliases -----------------------------------------------------------------------------------


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


# --- models ------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("shift", [0.0, 1e-6])
def test_golden_rows_of_a_classifier_compare_labels_and_scores(
    tmp_path: Path, shift: float
) -> None:
    scorer = Scorer(small_models.classification())
    columns = {"body mass [kg]": [50.0, None, 120.0]}
    answer = scorer.predict(columns)
    expected = {name: values.tolist() for name, values in answer.items()}
    expected["prediction_score"][1][0] += shift
    file = tmp_path / "golden.json"
    golden = {"tolerance": 1e-9, "scale": 1.0, "inputs": columns, "expected": expected}
    file.write_text(json.dumps(golden))
    assert len(list(golden_answers.compare_golden_rows("small", scorer, file))) == (shift > 0)
    expected["prediction_label"][0] = "yes"
    file.write_text(json.dumps(golden))
    (finding,) = golden_answers.compare_golden_rows("small", scorer, file)
    assert "1 of 3 golden rows get another label" in finding.found


def test_a_model_that_needs_a_newer_onnxruntime_or_was_proven_with_another_says_so() -> None:
    from dataclasses import replace

    manifest = Scorer(small_models.regression()).manifest
    assert list(golden_answers.inspect_packages("small", manifest)) == []
    newer = replace(manifest, minimum_onnxruntime="99.0", versions={"onnxruntime": "1.2"})
    problem, note = golden_answers.inspect_packages("small", newer)
    assert (problem.status, note.status) == ("problem", "note")
    assert "99.0" in problem.expected
    assert "instead of 1.2" in note.found
