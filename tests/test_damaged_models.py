"""Whatever a model's file holds, every door says what is wrong with it, and nothing crashes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import Model
from typer.testing import CliRunner

from pipeline import flavor, integrity, score
from pipeline.comparison import scored
from pipeline.comparison.runs import Run
from pipeline.errors import ModelError, PipelineError
from pipeline.gate.side import BrokenError, Side, opened
from pipeline.health_checks import models
from pipeline.manifest import Cells, Manifest
from pipeline.report import __main__ as report
from pipeline.scorer import Scorer
from pipeline.tracking.registry import Entry
from tests import small_models, tracked

ROWS = tracked.frame()
WHOLE = small_models.ruled()
DOORS = pytest.mark.attack(
    "a damaged manifest or graph, of twenty kinds, at every door", "refused with 3 and a way out"
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
    flavor.save_model(str(folder / "model"), Model(), folder / "graph.onnx", ROWS.head(3))
    return folder / "model"


ENTRY = Entry("small", "2", "", datetime(2024, 1, 1, tzinfo=UTC), {}, ("champion",))


@DOORS
@pytest.mark.parametrize("damage", DAMAGED)
def test_every_other_door_says_so_too(logged: Path, tmp_path: Path, damage: str) -> None:
    (tmp_path / "onnx").mkdir()
    file = tmp_path / "onnx" / "model.onnx"
    file.write_bytes(DAMAGED[damage])
    (logged / "model.onnx").write_bytes(DAMAGED[damage])
    integrity.write(logged)  # by somebody who may write the list, too
    run = Run("A", "", "", tmp_path, {"labels": None, "figures": {"columns": []}}, {}, {})
    doors: dict[str, Callable[[], object]] = {
        "Scorer": lambda: Scorer(file),
        "compare": lambda: scored._side(run, ROWS),
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
        opened(Side(DAMAGED[damage]))
    copy_of = models.Copy("here", tmp_path, file)
    (finding,) = models._used(ENTRY, copy_of, copy_of)
    assert finding.status == "problem"
    assert finding.action


WORDS = st.text(max_size=4) | st.sampled_from(["%d %d", "%Q", "tensor(double)", "N", "\x00"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The manifest with up to three of its values exchanged, doubled or taken away."""
    content = copy.deepcopy(draw(st.sampled_from([MANIFEST, CLASSES])))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = content
        while place and draw(st.integers(0, 3)):
            key = draw(
                st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))
            )
            if not isinstance(place[key], dict | list) or not place[key]:
                break
            place = place[key]
        if not place:
            continue
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        how = draw(st.sampled_from(["other", "gone", "twice"]))
        if how == "gone":
            del place[key]
        elif how == "twice" and isinstance(place, list):
            place.append(place[key])
        else:
            place[key] = draw(VALUES)
    return json.dumps(content)


CLASSIFIER = small_models.classification()
CLASSES: dict[str, Any] = json.loads(onnx.load_from_string(CLASSIFIER).metadata_props[0].value)


def used(data: bytes) -> None:
    """All that a model is asked; only the project's own errors are answers."""
    with suppress(PipelineError):
        scorer = Scorer(data)
        table = ROWS[[column.name for column in scorer.manifest.inputs]]
        scorer.unseen(table.astype(str))
        scorer.score_frame(table, raw_score=True)
        scorer.score_frame(table)
        scorer.predict_one({name: table[name].tolist()[-1] for name in table})


def of_manifest(text: str) -> None:
    with suppress(PipelineError):
        assert Manifest.from_json(Manifest.from_json(text).to_json())
    for data in (WHOLE, CLASSIFIER):
        used(stating(text, data))


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A model's bytes with up to three places changed, cut out, grown or cut off."""
    content = bytearray(draw(st.sampled_from([WHOLE, CLASSIFIER])))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        how = draw(st.sampled_from(["other", "gone", "more", "end"]))
        if how == "other" and content:
            content[place] = draw(st.integers(0, 255))
        elif how == "gone":
            del content[place : place + draw(st.integers(1, 20))]
        elif how == "more":
            content[place:place] = draw(st.binary(min_size=1, max_size=8))
        elif how == "end":
            del content[place:]
    return bytes(content)


HERE = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(HERE, max_examples=2000)


@given(text=mutated())
@HERE
def test_no_manifest_crashes_what_reads_it(text: str) -> None:
    of_manifest(text)


@given(data=changed())
@HERE
def test_no_bytes_of_a_file_crash_what_opens_it(data: bytes) -> None:
    used(data)


@pytest.mark.long
@given(text=mutated())
@MANY
def test_no_manifest_of_thousands_crashes_what_reads_it(text: str) -> None:
    of_manifest(text)


@pytest.mark.long
@given(data=changed())
@MANY
def test_no_bytes_of_thousands_of_files_crash_what_opens_them(data: bytes) -> None:
    used(data)


@given(text=st.text(max_size=40) | VALUES.map(json.dumps))
@HERE
def test_no_text_is_taken_for_a_manifest(text: str) -> None:
    with pytest.raises(ModelError):
        Manifest.from_json(text)


def test_a_whole_manifest_is_read_as_it_was_written() -> None:
    for data in (WHOLE, CLASSIFIER, small_models.regression()):
        manifest = Scorer(data).manifest
        assert Manifest.from_json(manifest.to_json()) == manifest
    assert Scorer(WHOLE).manifest.inputs[0].cells == Cells()
