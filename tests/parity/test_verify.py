"""The verdict: real models pass, and a graph with one wrong number does not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pipeline.export.model import OnnxModel, export_model
from pipeline.export.seal import seal_model
from pipeline.manifest import METADATA_KEY, Manifest
from pipeline.parity.hostile_rows import ROWS
from pipeline.parity.verify import Parity, verify
from pipeline.runtime.scorer import Scorer
from tests.tables import trained

CASES = [
    pytest.param("insurance", "lr", marks=pytest.mark.long),
    pytest.param("juice", "lr", marks=pytest.mark.long),
    ("penguins", "dt"),
    pytest.param("titanic", "lr", marks=pytest.mark.long),
    pytest.param("everything regression", "lr", marks=pytest.mark.long),
    ("everything regression", "dt"),
    pytest.param("everything classification", "lr", marks=pytest.mark.long),
]


@cache
def proved(data: str, model_id: str) -> tuple[OnnxModel, Parity]:
    result, table = trained(data, model_id)
    model = export_model(result, table)
    return model, verify(model, result, table)


@pytest.mark.parametrize(("data", "model_id"), CASES)
def test_the_graph_predicts_what_predict_model_predicts(data: str, model_id: str) -> None:
    _, parity = proved(data, model_id)
    assert parity.passed, (parity.text, parity.worst[:3])
    assert parity.summary["flips"] == 0
    assert parity.summary["rows_hostile"] >= ROWS
    refused = sum(row["refused_by_pycaret"] for row in parity.table if row["kind"] != "missing")
    assert refused < 0.3 * ROWS


def test_every_column_is_tried_in_every_way_it_can_break() -> None:
    model, parity = proved("everything regression", "dt")
    kinds = {(row["column"], row["kind"]) for row in parity.table}
    for column in model.manifest.inputs:
        wanted = {"number": "very large", "text": "unseen", "date": "calendar edge"}
        if column.kind != "boolean":
            assert (column.name, "missing") in kinds
            assert (column.name, wanted[column.kind]) in kinds


def test_trees_are_tried_on_their_own_thresholds() -> None:
    _, parity = proved("everything regression", "dt")
    assert any(row["kind"] == "tree threshold" for row in parity.table)


def mutations(model: onnx.ModelProto) -> list[tuple[str, onnx.ModelProto]]:
    """The same graph with one number changed, for every floating-point constant in it."""
    mutants = []
    for i, initializer in enumerate(model.graph.initializer):
        values = numpy_helper.to_array(initializer)
        used = [n.op_type for n in model.graph.node if initializer.name in n.input]
        if values.dtype.kind != "f" or not np.isfinite(values).any():
            continue
        changed = values.copy()
        place = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
        changed[place] = changed[place] * (1 + 1e-5) + 1e-9
        mutant = onnx.ModelProto()
        mutant.CopyFrom(model)
        mutant.graph.initializer[i].CopyFrom(numpy_helper.from_array(changed, initializer.name))
        mutants.append((f"{initializer.name} of {used}", mutant))
    return mutants


@pytest.mark.long
def test_one_constant_off_by_a_hundred_thousandth_fails_the_verdict() -> None:
    result, table = trained("insurance", "lr")
    model = export_model(result, table)
    mutants = mutations(model.conversion.model)
    assert len(mutants) >= 3  # coefficients, intercept, fills
    for name, mutant in mutants:
        broken = replace(model, conversion=replace(model.conversion, model=mutant))
        resealed = seal_model(broken, proved("insurance", "lr")[1], None)
        assert not verify(resealed, result, table).passed, name


def test_a_category_encoded_as_its_neighbour_fails_the_verdict() -> None:
    result, table = trained("insurance", "lr")
    model = export_model(result, table)
    mutant = onnx.ModelProto()
    mutant.CopyFrom(model.conversion.model)
    node = next(n for n in mutant.graph.node if n.op_type == "LabelEncoder")
    values = next(a for a in node.attribute if a.name == "values_tensor")
    swapped = numpy_helper.to_array(values.t)[::-1]
    values.t.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(swapped)))
    broken = replace(model, conversion=replace(model.conversion, model=mutant))
    parity = verify(seal_model(broken, proved("insurance", "lr")[1], None), result, table)
    assert not parity.passed
    assert parity.text.startswith("parity FAILED")
    assert parity.worst[0]["failed"]
    assert parity.worst[0]["row"].keys() == {i.name for i in model.manifest.inputs}


@pytest.mark.parametrize(("data", "model_id"), CASES)
def test_the_graph_keeps_its_contract(data: str, model_id: str) -> None:
    result, table = trained(data, model_id)
    model = onnx.load_from_string(export_model(result, table).data)
    onnx.checker.check_model(model, full_check=True)
    assert [i.name for i in model.graph.input] == list(table.features)
    assert {n.domain for n in model.graph.node} <= {"", "ai.onnx.ml"}
    assert {o.type.WhichOneof("value") for o in model.graph.output} == {"tensor_type"}


def test_onnxruntime_loads_the_graph_without_a_word(tmp_path: Path) -> None:
    result, table = trained("insurance", "lr")
    file = tmp_path / "model.onnx"
    file.write_bytes(export_model(result, table).data)
    code = f"import onnxruntime; onnxruntime.InferenceSession({str(file)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_golden_rows_hold_pycarets_answers_for_the_graph() -> None:
    model, parity = proved("juice", "lr")
    golden = parity.golden
    assert len(golden.rows) >= 64
    assert {"missing", "unseen", "table"} <= set(golden.kinds)
    columns = {name: golden.rows[name].to_numpy() for name in golden.rows}
    outputs = Scorer(model.data).predict(columns)
    assert outputs["prediction_label"].tolist() == golden.answers.labels.tolist()
    assert golden.answers.scores is not None
    np.testing.assert_allclose(
        outputs["prediction_score"], golden.answers.scores, rtol=0, atol=golden.tolerance
    )


def test_the_sealed_file_says_how_it_was_proved() -> None:
    model, parity = proved("insurance", "lr")
    sealed = seal_model(model, parity, "0123456789abcdef")
    loaded = onnx.load_from_string(sealed.data)
    metadata = {entry.key: entry.value for entry in loaded.metadata_props}
    manifest = Manifest.from_json(metadata[METADATA_KEY])
    assert manifest == sealed.manifest
    assert (manifest.verdict, manifest.run_id) == ("pass", "0123456789abcdef")
    assert metadata["verdict"] == "pass"
    assert loaded.graph == model.conversion.model.graph
