from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from pipeline.adopt.array_model import adopt_model
from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.manifest import TENSORS_KEY
from pipeline.manifest.tensors import Tensor, TensorManifest
from pipeline.runtime.scorer import Scorer
from tests.adopt.graphs import ROWS, make_classifier, predict_scores

MODEL = OnnxFile(make_classifier(), predict_scores)


def test_the_manifest_travels_in_the_graph() -> None:
    adopted = adopt_model(
        MODEL, make_sample(ROWS), AdoptConfig(name="iris", labels=("a", "b", "c"))
    )
    session = onnxruntime.InferenceSession(adopted.data)
    kept = session.get_modelmeta().custom_metadata_map[TENSORS_KEY]
    assert TensorManifest.from_json(kept) == adopted.manifest
    assert adopted.manifest.verdict == "pass"
    assert adopted.manifest.domains == {"": 18}
    assert adopted.manifest.inputs == (Tensor("x", "float32", ("batch", 4)),)


def test_golden_rows_are_the_models_own_answers() -> None:
    golden = adopt_model(MODEL, make_sample(ROWS), AdoptConfig()).golden
    np.testing.assert_array_equal(
        golden["outputs"]["scores"], predict_scores(golden["inputs"])["scores"]
    )


def test_known_labels_show_that_they_are_shifted() -> None:
    scores = predict_scores({"x": ROWS})["scores"]
    sample = make_sample({"x": ROWS, "label": scores.argmax(axis=1) + 1})
    notes = adopt_model(MODEL, sample, AdoptConfig(answers="label")).manifest.notes
    assert any("shifted by one" in note for note in notes)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"labels": ("a", "b")}, "3 columns"),
        ({"outputs": ("a", "b")}, "2 names"),
        ({"outputs": ("probabilities",)}, "the graph has scores"),
        ({"answers": "label"}, "no array of the sample"),
        ({"axes": {"length": {"x": 2}}}, "2 axes"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: Any, expected: str) -> None:
    with pytest.raises(PipelineError) as caught:
        adopt_model(MODEL, make_sample(ROWS), AdoptConfig(**settings))
    assert expected in str(caught.value)


def test_a_table_is_no_sample_for_a_graph() -> None:
    import pandas as pd

    with pytest.raises(DataError, match="savez"):
        adopt_model(MODEL, make_sample(pd.DataFrame({"a": [1]})), AdoptConfig())


def test_what_takes_columns_refuses_a_graph_of_tensors() -> None:
    adopted = adopt_model(MODEL, make_sample(ROWS), AdoptConfig())
    with pytest.raises(ModelError, match="takes tensors"):
        Scorer(adopted.data)
