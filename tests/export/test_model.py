"""An exported model: the conversion's own graph, with a manifest that is right about it."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from pipeline import __version__
from pipeline.convert import Conversion
from pipeline.export.model import PACKAGES, RULES, export_model, list_versions, with_metadata
from pipeline.manifest import METADATA_KEY, Manifest
from pipeline.manifest.columns import Cells, Described, Known
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import REGRESSION
from tests import small_models
from tests.bundle.proven import CELLS, KNOWN, ROWS

DATA = small_models.regression()
PLAIN = Scorer(DATA).manifest


def test_the_metadata_says_what_the_manifest_says_and_no_answer_changes() -> None:
    original = small_models.classification(("a", "ü"))
    model, plain = onnx.load_from_string(original), Scorer(original).manifest
    before = model.SerializeToString()
    manifest = replace(plain, run_id="run 7", notes=("a note",))
    data = with_metadata(model, manifest)
    assert model.SerializeToString() == before
    found = onnxruntime.InferenceSession(data).get_modelmeta()
    facts = found.custom_metadata_map
    assert Manifest.from_json(facts.pop(METADATA_KEY)) == manifest
    assert (facts["labels"], facts["run_id"], facts["target"]) == ("a,ü", "run 7", plain.target)
    assert found.producer_name == "pipeline"
    assert onnx.load_from_string(data).producer_version == __version__
    rows = {each.name: ROWS[each.name] for each in plain.inputs}
    for name, values in Scorer(original).predict(rows).items():
        np.testing.assert_array_equal(Scorer(data).predict(rows)[name], values)


def test_versions_are_those_that_are_installed() -> None:
    found = list_versions()
    assert found.keys() <= set(PACKAGES)
    assert found == {name: importlib.metadata.version(name) for name in found}
    for package in set(PACKAGES) - found.keys():
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version(package)


@pytest.mark.parametrize("required", [(), ("body mass [kg]",)])
def test_an_export_joins_what_graph_and_table_know_of_a_column(
    required: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    conversion = Conversion(
        onnx.load_from_string(DATA), PLAIN.inputs, PLAIN.outputs, None, (None,) * 4, required
    )
    monkeypatch.setattr("pipeline.convert.convert", lambda pipeline, frame: conversion)
    table = [
        replace(each, cells=CELLS.get(each.name, Cells()), known=KNOWN[each.name])
        for each in reversed(PLAIN.inputs)  # a graph has an order of its own
    ]
    spec = SimpleNamespace(name="small", target="charges", ignore=("id",))
    dictionary = {each.name: Described(0.5) for each in table} | {"id": Described()}
    dataset: Any = SimpleNamespace(
        frame=None, inputs=table, dictionary=dictionary, spec=spec, sha256="1" * 64
    )
    trained: Any = SimpleNamespace(
        pipeline=None, task=REGRESSION, model_id="lr", model_name="Linear Regression"
    )
    model = export_model(trained, dataset)
    manifest = Scorer(model.data).manifest
    assert manifest == model.manifest
    assert [each.name for each in manifest.inputs] == [each.name for each in PLAIN.inputs]
    for each in manifest.inputs:
        assert (each.cells, each.known) == (CELLS.get(each.name, Cells()), KNOWN[each.name])
    assert isinstance(manifest.inputs[0].known, Known)
    assert manifest.dictionary == {each.name: Described(0.5) for each in PLAIN.inputs}
    assert set(manifest.rules) - set(RULES) == ({"dropped"} if required else set())
    assert (manifest.required, manifest.data_sha256) == (required, "1" * 64)
    assert manifest.verdict == "unverified" and manifest.feed
