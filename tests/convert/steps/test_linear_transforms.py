"""Custom transformers of a few products and comparisons, against the fitted originals."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.decomposition import FactorAnalysis, FastICA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import (
    Binarizer,
    Normalizer,
)

from tests.convert.steps.custom import (
    FRAME,
    assert_agrees,
    assert_custom,
)


@pytest.mark.parametrize("solver", ["svd", "eigen"])
def test_discriminants_are_projected_as_the_original_does(solver: str) -> None:
    classes = pd.cut(FRAME["age"], 3, labels=False).to_numpy()
    transformer = LinearDiscriminantAnalysis(solver=solver)
    assert_agrees(transformer.fit(FRAME.astype(float), classes))


TRANSFORMERS = {
    "binarizer": Binarizer(threshold=18.5),
    "normalizer, l1": Normalizer("l1"),
    "normalizer, l2": Normalizer("l2"),
    "normalizer, max": Normalizer("max"),
    "independent components": FastICA(2, random_state=0),
    "factors": FactorAnalysis(2),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer_and_its_nodes_agree(name: str) -> None:
    assert_custom(TRANSFORMERS[name])
