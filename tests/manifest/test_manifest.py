"""A manifest comes back as it was written, and one that nobody has written is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas._libs.parsers import STR_NA_VALUES

from pipeline.errors import ModelError
from pipeline.manifest import METADATA_KEY, UNANSWERED, Manifest, Output
from pipeline.manifest.columns import ONNX_TYPES, WORDS, Cells, Described, Input, Known
from pipeline.runtime.scorer import Scorer
from tests import small_models

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
CELLS = st.builds(
    Cells,
    missing=st.lists(TEXT, max_size=3).map(tuple),
    true=TEXT,
    decimal=st.sampled_from(".,"),
    thousands=st.sampled_from([(), ("'",), (" ", "\u00a0")]),
    signs=st.sampled_from([(), ("€", "%")]),
    dates=st.sampled_from(["", "%d.%m.%Y", "%m/%d/%y"]),
)
RANGES = st.tuples(st.floats(-1e9, 0), st.floats(0, 1e9))
KNOWN = st.builds(
    Known, categories=st.none() | st.lists(TEXT, max_size=3).map(tuple), missing=st.booleans()
) | RANGES.map(lambda ends: Known(minimum=ends[0], maximum=ends[1]))
DESCRIBED = st.builds(
    Described,
    missing=st.floats(0, 1),
    categories=st.none() | st.dictionaries(TEXT, st.integers(1, 2**53), max_size=3),
    minimum=st.none() | st.integers() | st.floats(-1e9, 0) | TEXT,
)
INPUTS = st.lists(
    st.builds(Input, TEXT, st.sampled_from([*ONNX_TYPES]), st.none() | CELLS, st.none() | KNOWN),
    min_size=1,
    max_size=4,
    unique_by=lambda column: column.name,
)
OUTPUT = Output("prediction_label", "tensor(double)", ("N",))


@settings(max_examples=30)
@given(INPUTS, DESCRIBED, TEXT, st.lists(TEXT, max_size=3))
def test_what_is_written_comes_back(
    inputs: list[Input], described: Described, name: str, notes: list[str]
) -> None:
    manifest = Manifest(
        *(name, "regression", "y", "lr", "Linear Regression", tuple(inputs), (OUTPUT,)),
        required=(inputs[0].name,),
        notes=tuple(notes),
        dictionary={inputs[0].name: described},
        parity={"rows": 3, "largest": 1e-12, "text": name},
    )
    text = manifest.to_json()
    assert Manifest.from_json(text) == manifest
    for entry, column in zip(json.loads(text)["inputs"], inputs, strict=True):
        assert entry["type"] == ONNX_TYPES[column.kind]


def test_a_field_of_a_later_version_is_passed_over() -> None:
    content = json.loads(small().to_json()) | {"of a later version": [1]}
    assert Manifest.from_json(json.dumps(content)) == small()


def test_a_model_from_before_there_was_a_dictionary_loads() -> None:
    content = json.loads(small().to_json())
    del content["dictionary"]
    assert Manifest.from_json(json.dumps(content)) == small()


def small() -> Manifest:
    return Scorer(small_models.classification()).manifest


def first_input(**changes: Any) -> dict[str, Any]:
    (column,) = json.loads(small().to_json())["inputs"]
    return {"inputs": [column | changes]}


WRONG: dict[str, dict[str, Any]] = {
    "no input": {"inputs": []},
    "an input twice": {"inputs": first_input()["inputs"] * 2},
    "an unknown kind": first_input(kind="colour"),
    "a separator of two characters": first_input(cells={"decimal": "::"}),
    "one mark for two things": first_input(cells={"decimal": ",", "thousands": [","]}),
    "a digit as a sign": first_input(cells={"signs": ["1"]}),
    "a date format that is none": first_input(cells={"dates": "%Q"}),
    "a day twice": first_input(cells={"dates": "%d %d"}),
    "half a range": first_input(known={"minimum": 1.0}),
    "no labels of a classifier": {"labels": None},
    "a label twice": {"labels": ["no", "no"]},
    "another number of labels": {"labels": ["no", "yes", "perhaps"]},
    "an unknown task": {"task": "poetry"},
    "an output more": {"outputs": [{"name": "x", "type": "tensor(double)", "shape": ["N"]}]},
    "a required column that is no input": {"required": ["x"]},
    "a column that is no input in the dictionary": {"dictionary": {"x": {"missing": 0.5}}},
    "a share in words": {"dictionary": {"x": {"missing": "half"}}},
    "a version in words": {"minimum_onnxruntime": "latest"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_what_describes_no_model_is_refused(changes: dict[str, Any]) -> None:
    content = json.loads(small().to_json()) | changes
    with pytest.raises(ModelError, match="is damaged"):
        Manifest.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "[" * 5_000, "9" * 5_000])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="is damaged"):
        Manifest.from_json(text)


def test_types_are_those_of_the_graph() -> None:
    model = onnx.load_from_string(small_models.regression())
    manifest = Manifest.from_json(
        next(entry.value for entry in model.metadata_props if entry.key == METADATA_KEY)
    )
    session = Scorer(small_models.regression())
    assert session.manifest == manifest
    given_ = {i.name: i.type.tensor_type.elem_type for i in model.graph.input}
    of_kind = {"number": "DOUBLE", "text": "STRING", "boolean": "BOOL", "date": "INT64"}
    for column in manifest.inputs:
        assert onnx.TensorProto.DataType.Name(given_[column.name]) == of_kind[column.kind]
        assert column.type == ONNX_TYPES[column.kind]


def test_words_for_missing_values_are_those_of_pandas() -> None:
    assert {*WORDS, ""} == STR_NA_VALUES


def test_a_missing_prediction_has_the_outputs_own_type() -> None:
    assert {type(value) for value in UNANSWERED.values()} == {str, int, float}
    assert replace(OUTPUT, type="tensor(int64)").type in UNANSWERED
