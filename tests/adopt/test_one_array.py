from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.linear_model import LinearRegression

from pipeline.adopt.one_array import export_one_array
from pipeline.manifest.tensors import Tensor


@pytest.mark.parametrize("width", [1, 3])
def test_the_graph_has_the_names_that_were_asked_for(width: int) -> None:
    x = np.random.default_rng(1).normal(size=(20, width))
    model = LinearRegression().fit(x, x.sum(axis=1))
    graph = export_one_array(model, x, Tensor("x", "float64", ("batch", width)), ["y"])
    onnx.checker.check_model(graph, full_check=True)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    np.testing.assert_allclose(session.run(["y"], {"x": x})[0], model.predict(x), atol=1e-12)
