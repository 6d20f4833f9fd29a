"""A bundle whose graph warns is proven anew; its answers are those it had."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.errors import DataError, ParityError
from pipeline.export import row_warnings
from pipeline.manifest import Manifest
from pipeline.runtime.masks import flag_rows, pack_flags
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven


def test_a_proven_graph_warns_and_answers_bit_for_bit(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path))
    found = add_warnings(source)
    before, after = Scorer(source.model), Scorer(found.model)
    assert after.manifest == found.manifest == Manifest.from_json(found.manifest.to_json())
    assert {mask.warns for mask in found.manifest.warnings} == {"missing", "unseen", "range"}
    assert replace(found.manifest, warnings=()) == source.manifest
    for name, values in before.predict(proven.ROWS).items():
        assert after.predict(proven.ROWS)[name].tobytes() == values.tobytes()
    flags = flag_rows(found.manifest.inputs, after.feeds(proven.ROWS))
    golden = json.loads(found.golden)
    for mask in found.manifest.warnings:
        assert golden["warnings"][mask.name] == pack_flags(flags[mask.warns]).tolist()
    del golden["warnings"]
    assert golden == json.loads(source.golden)
    assert add_warnings(found) is found


def test_a_wrong_mask_is_not_handed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, add = read_source(proven.regression(tmp_path)), row_warnings.add_row_warnings

    def swapped(model: onnx.ModelProto, inputs: object) -> object:
        graph, masks = add(model, source.manifest.inputs)
        for node in graph.graph.node:
            if node.op_type == "Greater":
                node.op_type = "GreaterOrEqual"
        return graph, masks

    monkeypatch.setattr(row_warnings, "add_row_warnings", swapped)
    with pytest.raises(ParityError, match="wrong warnings"):
        add_warnings(source)


def test_a_model_that_knows_nothing_of_training_cannot_warn(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path))
    inputs = tuple(replace(each, known=None) for each in source.manifest.inputs)
    with pytest.raises(DataError, match="what training saw"):
        add_warnings(replace(source, manifest=replace(source.manifest, inputs=inputs)))
