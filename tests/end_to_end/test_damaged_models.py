"""Whatever a model's file holds, every door says what is wrong with it, and nothing crashes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import mlflow.pyfunc
import onnx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.models import Model
from typer.testing import CliRunner

from pipeline.compare import paired_scores
from pipeline.compare.runs import ComparedRun
from pipeline.doctor import check_models
from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.export import mlflow_flavor
from pipeline.gate.contender import BrokenError, Contender, open_contender
from pipeline.manifest import Manifest
from pipeline.manifest.columns import Cells
from pipeline.registry.client import VersionEntry
from pipeline.report import __main__ as report
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from pipeline.score import __main__ as score
from tests import fuzzing, small_models, small_trees, tracked
from tests.attacks import Counted
from tests.fuzzing import FEW, changed, exchanged, suite, tried

ROWS = tracked.frame()
WHOLE = small_models.ruled()
DOORS = pytest.mark.attack(
    "a damaged manifest or graph, of many kinds, at every door", "refused with 3 and a way out"
)
MANIFEST: dict[str, Any] = json.loads(onnx.load_from_string(WHOLE).metadata_props[0].value)


def stating(text: str, data: bytes = WHOLE) -> bytes:
    """The model with another text in the place of its manifest."""
    model = onnx.load_from_string(data)
    model.metadata_props[0].value = text
    return bytes(model.SerializeToString())


def without(key: str) -> str:
    return json.dumps({name: value for name, value in MANIFEST.items() if name != key})


def with_values(**values: Any) -> str:
    return json.dumps({**MANIFEST, **values})


def renamed(data: bytes = WHOLE) -> bytes:
    """Its output has another name, in the graph and in the manifest alike."""
    model = onnx.load_from_string(data)
    for node in model.graph.node:
        node.output[:] = [name.replace("prediction_label", "answer") for name in node.output]
    model.graph.output[0].name = "answer"
    (entry,) = model.metadata_props
    entry.value = entry.value.replace("prediction_label", "answer")
    return bytes(model.SerializeToString())


def renamed_input() -> bytes:
    model = onnx.load_from_string(WHOLE)
    model.graph.input[1].name = "Smoker"
    for node in model.graph.node:
        node.input[:] = ["Smoker" if name == "smoker" else name for name in node.input]
    return bytes(model.SerializeToString())


DAMAGED: dict[str, bytes] = {
    "no JSON": stating("{'name': 1}"),
    "nothing": stating(""),
    "a list": stating("[]"),
    "no UTF-8": WHOLE.replace(b"Linear Regression", b"Linear \xff\xfe\xfdgression"),
    "nested deep": stating('{"name": ' + "[" * 100_000),
    "nested deep in a field": stating(with_values(rules=0)[:-1] + ', "x": ' + '{"a":' * 50_000),
    "half a character": stating(with_values(name="\ud800")),
    "no inputs": stating(without("inputs")),
    "no outputs": stating(without("outputs")),
    "no task": stating(without("task")),
    "inputs of another type": stating(with_values(inputs=3)),
    "an input that is null": stating(with_values(inputs=[None])),
    "an input of an unknown kind": stating(
        with_values(inputs=[{**MANIFEST["inputs"][0], "kind": "complex"}])
    ),
    "labels for a regression": stating(with_values(labels=["a", "b"])),
    "rules as a text": stating(with_values(rules="none")),
    "a decimal point of two": stating(
        with_values(inputs=[{**one, "cells": {"decimal": ".."}} for one in MANIFEST["inputs"]])
    ),
    "a range of one end": stating(
        with_values(
            inputs=[{**MANIFEST["inputs"][0], "known": {"minimum": 30.0}}, *MANIFEST["inputs"][1:]]
        )
    ),
    "an output that was renamed": renamed(),
    "an input that was renamed": renamed_input(),
    "half of the file": WHOLE[: len(WHOLE) // 2],
    "an empty file": b"",
}


@DOORS
@pytest.mark.parametrize("damage", DAMAGED)
def test_score_says_what_is_wrong_with_a_model_and_ends_with_3(tmp_path: Path, damage: str) -> None:
    file, data = tmp_path / "model.onnx", tmp_path / "rows.csv"
    file.write_bytes(DAMAGED[damage])
    ROWS.to_csv(data, index=False)
    arguments = ["--model", str(file), "--data", str(data), "--output", str(tmp_path / "o.csv")]
    done = CliRunner().invoke(score.app, arguments)
    assert done.exit_code == 3, done.output
    assert "hint: " in done.stderr
    assert "bug" not in done.stderr
    assert not (tmp_path / "o.csv").exists()


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "graph.onnx").write_bytes(WHOLE)
    mlflow_flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx", ROWS.head(3))
    return folder / "model"


ENTRY = VersionEntry("small", "2", "", datetime(2024, 1, 1, tzinfo=UTC), {}, ("champion",))


@DOORS
@pytest.mark.parametrize("damage", DAMAGED)
def test_every_other_door_says_so_too(logged: Path, tmp_path: Path, damage: str) -> None:
    (tmp_path / "onnx").mkdir()
    file = tmp_path / "onnx" / "model.onnx"
    file.write_bytes(DAMAGED[damage])
    (logged / "model.onnx").write_bytes(DAMAGED[damage])
    integrity.write_checksums(logged)  # by somebody who may write the list, too
    run = ComparedRun("A", "", "", tmp_path, {"labels": None, "figures": {"columns": []}}, {}, {})
    doors: dict[str, Callable[[], object]] = {
        "Scorer": lambda: Scorer(file),
        "compare": lambda: paired_scores._side(run, ROWS),
    }
    for door, enter in doors.items():
        with pytest.raises(ModelError) as caught:
            enter()
        assert caught.value.exit_code == 3, door
        assert caught.value.hint, door
    drawn = CliRunner().invoke(report.app, ["--output", str(tmp_path)])
    assert drawn.exit_code == 3, drawn.output
    with pytest.raises(Exception, match=r"\w") as refused:
        mlflow.pyfunc.load_model(str(logged))
    assert type(refused.value).__name__ == "ModelError"  # of the code that travels with it
    with pytest.raises(BrokenError):
        open_contender(Contender(DAMAGED[damage]))
    copy_of = check_models.GraphCopy("here", tmp_path, file)
    (finding,) = check_models._inspect_graph(ENTRY, copy_of, copy_of)
    assert finding.status == "problem"
    assert finding.action


@dataclass(frozen=True)
class Logged:
    """A model as it is logged: its folder, its list of files, and what the registry keeps of it.

    Attributes:
        honest: its answers before anything is changed.
    """

    data: bytes
    folder: Path
    files: bytes
    tags: Mapping[str, str]
    honest: list[Any]

    @property
    def file(self) -> Path:
        return self.folder / integrity.MODEL


MODELS = {"linear": WHOLE, "trees": small_trees.classification()}
COLUMNS = [column.name for column in small_models.INPUTS]
CELLS = pd.read_csv(
    io.StringIO(ROWS[COLUMNS].to_csv(index=False)), dtype=str, keep_default_na=False
)


@pytest.fixture(params=MODELS, scope="module")
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Logged:
    data, folder = MODELS[request.param], tmp_path_factory.mktemp("fuzzed")
    (folder / "graph.onnx").write_bytes(data)
    sealed: list[str] = []
    place = folder / "model"
    mlflow_flavor.save_model(
        str(place), Model(), folder / "graph.onnx", ROWS.head(3), seal=sealed.append
    )
    tags = {integrity.CHECKSUMS_SHA256: sealed[0], integrity.ONNX_SHA256: sha256(data).hexdigest()}
    files = (place / integrity.FILE).read_bytes()
    return Logged(data, place, files, tags, answers(Scorer(data)))


def answers(scorer: Scorer) -> list[Any]:
    """What a model says to all that it can be asked, or the error with which it refuses."""
    questions: tuple[Callable[[], Any], ...] = (
        lambda: [scorer.predict(ROWS[COLUMNS])[o.name].tolist() for o in scorer.manifest.outputs],
        lambda: scorer.score_frame(CELLS).to_csv(),
        lambda: scorer.score_frame(ROWS[COLUMNS], raw_score=True).to_csv(),
        lambda: scorer.predict_one(CELLS.iloc[-1].to_dict()),
        lambda: scorer.unseen(CELLS) and None,  # says nothing that anybody acts upon
    )
    found = []
    for question in questions:
        try:
            found.append(question())
        except PipelineError as err:
            assert err.exit_code == 3, err
            found.append(err)
    return found


def of_folder(model: Logged, data: bytes) -> str:
    """What becomes of a model in whose folder the graph was exchanged."""
    if data == model.data:
        return "same"
    model.file.write_bytes(data)
    refused_by(Scorer, model.file)
    refused_by(integrity.verify_folder, model.folder)
    refused_by(integrity.verify_folder, model.folder, model.tags)
    try:
        integrity.write_checksums(model.folder)  # by somebody who may write the list, too
        refused_by(integrity.verify_folder, model.folder, model.tags)
        integrity.verify_folder(model.folder)
        found = answers(Scorer(model.file))
    except ModelError:
        return "refused"
    finally:
        (model.folder / integrity.FILE).write_bytes(model.files)
        model.file.write_bytes(model.data)
    pairs = zip(found, model.honest, strict=True)
    given = [(a, b) for a, b in pairs if not isinstance(a, PipelineError)]
    if any(str(a) != str(b) for a, b in given):
        return "others"
    return "same" if len(given) == len(found) else "refused"


def refused_by(opening: Callable[..., Any], *arguments: Any) -> None:
    with pytest.raises(DataError, match="is not as it was logged"):
        opening(*arguments)


def of_bytes(model: Logged, random: Random) -> str:
    return of_folder(model, changed(model.data, random))


def of_manifest(model: Logged, random: Random) -> str:
    honest = onnx.load_from_string(model.data).metadata_props[0].value
    if random.random() < 0.3:
        text = changed(honest.encode(), random).decode(errors="replace")
    else:
        text = json.dumps(exchanged(json.loads(honest), random))
    with suppress(ModelError):
        assert Manifest.from_json(Manifest.from_json(text).to_json())
    return of_folder(model, stating(text, model.data))


OUTCOMES = (
    "by the list: all refused; with the list written anew, by the registry: all refused; by the "
    "folder alone: {refused:,} refused with 3, {same:,} answered as before, {others:,} otherwise, "
    "which is not protected; 0 crashed"
)


def test_no_bytes_of_a_file_crash_what_opens_it(model: Logged) -> None:
    assert tried(lambda random: of_bytes(model, random), FEW)


def test_no_manifest_crashes_what_reads_it(model: Logged) -> None:
    assert tried(lambda random: of_manifest(model, random), FEW)


@pytest.mark.attack(
    "the graph of a logged model, changed at random; a linear model and trees", OUTCOMES
)
@pytest.mark.long
def test_no_bytes_of_thousands_of_files_crash_what_opens_them(
    model: Logged, counted: Counted
) -> None:
    suite(lambda random: of_bytes(model, random), counted, "refused", "same", "others")


@pytest.mark.attack(
    "the manifest of a logged model, changed at random; a linear model and trees", OUTCOMES
)
@pytest.mark.long
def test_no_manifest_of_thousands_crashes_what_reads_it(model: Logged, counted: Counted) -> None:
    suite(lambda random: of_manifest(model, random), counted, "refused", "same", "others")


@given(text=st.text(max_size=40) | st.randoms().map(fuzzing.value).map(json.dumps))
@settings(max_examples=50)
def test_no_text_is_taken_for_a_manifest(text: str) -> None:
    with pytest.raises(ModelError):
        Manifest.from_json(text)


def test_a_whole_manifest_is_read_as_it_was_written() -> None:
    for data in (*MODELS.values(), small_models.classification(), small_models.regression()):
        manifest = Scorer(data).manifest
        assert Manifest.from_json(manifest.to_json()) == manifest
    assert Scorer(WHOLE).manifest.inputs[0].cells == Cells()
