from __future__ import annotations

import json

import numpy as np

from pipeline.adopt.array_model import adopt_model
from pipeline.adopt.describe_tensors import render_golden
from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from tests.adopt.graphs import ROWS, make_classifier, predict_scores


def test_golden_rows_come_back_as_the_models_answers() -> None:
    rows = ROWS.copy()
    rows[1, 0], rows[2, 0] = np.nan, np.inf
    model = OnnxFile(make_classifier(), predict_scores)
    with np.errstate(all="ignore"):
        adopted = adopt_model(model, make_sample(rows), AdoptConfig(name="iris"))
    content = json.loads(render_golden(adopted))
    entry = content["inputs"]["x"]
    found = np.array(entry["values"], np.float64).astype(entry["dtype"])
    finite = np.isfinite(rows[: len(found)])
    np.testing.assert_array_equal(found[finite], rows[: len(found)][finite])
    assert np.isnan(found[~finite]).all()
