from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.publication import Publication, write_publication
from pipeline.adopt.publish import log_adoption, register_adoption
from pipeline.adopt.run import adopt_source
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.doctor import check_models
from pipeline.errors import ParityError
from pipeline.registry.register import FIRST, Claim, Version
from pipeline.track.mlflow_run import Run, open_run
from tests import tracked
from tests.adopt.graphs import ROWS, make_classifier, predict_scores


@cache
def adopt(factor: int = 1) -> Publication:
    model = OnnxFile(make_classifier(), lambda feeds: predict_scores(feeds)["scores"] * factor)
    return adopt_source(model, make_sample(ROWS), AdoptConfig(name="iris"))


def publish(publication: Publication, folder: Path, *claims: Claim) -> list[Version]:
    write_publication(folder, publication)
    with open_run("iris", "iris-1") as run:
        logged = log_adoption(run, publication, folder)
        return [register_adoption(logged, publication, folder, claim) for claim in claims]


def test_mlflow_has_everything_and_its_loader_gives_the_models_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    tracked.enter(tmp_path, monkeypatch)
    claims = (FIRST, FIRST, Claim("better", anyway=True))
    first, second, third = publish(adopt(), tmp_path / "adopted", *claims)
    assert (first.aliases, second.aliases) == (("champion",), ("challenger",))
    assert "champion" in third.aliases
    assert [each.status for each in check_models.check(["iris"])] == ["ok", "ok"]
    loaded = mlflow.pyfunc.load_model("models:/iris@champion")
    np.testing.assert_allclose(
        loaded.predict({"x": ROWS})["scores"], predict_scores({"x": ROWS})["scores"], rtol=1e-5
    )


def test_a_model_of_columns_is_loaded_as_a_trained_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    tracked.enter(tmp_path, monkeypatch)
    frame = pd.DataFrame(ROWS.astype(float), columns=["a", "b", "c", "d"])
    labels: Any = np.where(frame["a"] > 0, "yes", "no")
    model = LogisticRegression().fit(frame, labels)
    publication = adopt_source(model, make_sample(frame), AdoptConfig(name="small", target="t"))
    (version,) = publish(publication, tmp_path / "adopted", FIRST)
    found = mlflow.pyfunc.load_model(version.uri).predict(frame)
    np.testing.assert_array_equal(found["prediction_label"], model.predict(frame))


def test_what_is_not_proven_is_not_registered(tmp_path: Path) -> None:
    with pytest.raises(ParityError):
        register_adoption(Run("iris", "iris-1"), adopt(2), tmp_path, FIRST)
