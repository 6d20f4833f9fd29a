from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.publish import log_adoption, register_adoption, render_golden, write_adoption
from pipeline.adopt.run import Adopted, adopt_model
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ParityError
from pipeline.registry.register import FIRST, Claim
from pipeline.track.mlflow_run import open_run
from tests import tracked
from tests.adopt.graphs import ROWS, make_classifier, predict_scores


@cache
def adopt(factor: int = 1) -> Adopted:
    model = OnnxFile(make_classifier(), lambda feeds: predict_scores(feeds)["scores"] * factor)
    return adopt_model(model, make_sample(ROWS), AdoptConfig(name="iris"))


def test_golden_rows_come_back_as_the_models_answers() -> None:
    content = json.loads(render_golden(adopt()))
    rows = np.array(content["inputs"]["x"]["values"], content["inputs"]["x"]["dtype"])
    np.testing.assert_array_equal(rows, ROWS[: len(rows)])
    np.testing.assert_array_equal(
        np.array(content["outputs"]["scores"]["values"], np.float32),
        predict_scores({"x": rows})["scores"],
    )


def test_mlflow_has_everything_and_its_loader_gives_the_models_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    tracked.enter(tmp_path, monkeypatch)

    adopted = adopt()
    folder = tmp_path / "adopted"
    write_adoption(folder, adopted)
    with open_run("iris", "iris-1") as run:
        logged = log_adoption(run, adopted, folder)
        first = register_adoption(logged, adopted, folder, FIRST)
        second = register_adoption(logged, adopted, folder, FIRST)
        third = register_adoption(logged, adopted, folder, Claim("better", anyway=True))
    assert first.aliases == ("champion",)
    assert second.aliases == ("challenger",)
    assert "champion" in third.aliases
    loaded = mlflow.pyfunc.load_model("models:/iris@champion")
    np.testing.assert_allclose(
        loaded.predict({"x": ROWS})["scores"], predict_scores({"x": ROWS})["scores"], rtol=1e-5
    )


def test_what_is_not_proven_is_not_registered(tmp_path: Path) -> None:
    from pipeline.track.mlflow_run import Run

    with pytest.raises(ParityError):
        register_adoption(Run("iris", "iris-1"), adopt(2), tmp_path, FIRST)
