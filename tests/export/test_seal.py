"""A sealed graph is the same graph, which says how it was proven."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest

from pipeline.export.model import OnnxModel
from pipeline.export.seal import seal_model
from pipeline.runtime.scorer import Scorer
from tests import small_models
from tests.bundle.proven import ROWS


@pytest.mark.parametrize(("passed", "verdict"), [(True, "pass"), (False, "fail")])
def test_verdict_run_and_warnings_are_in_the_file_and_answers_stay(
    passed: bool, verdict: str
) -> None:
    data = small_models.regression()
    before = Scorer(data)
    conversion: Any = SimpleNamespace(model=onnx.load_from_string(data))
    model = OnnxModel(data, before.manifest, conversion)
    parity: Any = SimpleNamespace(passed=passed, summary={"failures": 3, "bound": 1e-9})
    sealed = seal_model(model, parity, "run 7", ["one", "two", "one"])
    found = Scorer(sealed.data)
    assert found.manifest == sealed.manifest
    assert (found.manifest.verdict, found.manifest.run_id) == (verdict, "run 7")
    assert found.manifest.notes == (*before.manifest.notes, "one", "two")
    assert found.manifest.parity == parity.summary
    for name, values in before.predict(ROWS).items():
        np.testing.assert_array_equal(found.predict(ROWS)[name], values)
    assert (model.data, model.manifest) == (data, before.manifest)
    again = seal_model(sealed, parity, "run 7", ["two"])
    assert again.data == sealed.data
