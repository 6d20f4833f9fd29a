"""Which configured transformers have a converter."""

from __future__ import annotations

import pytest

from pipeline.convert.support.transformers import lacks_converter


@pytest.mark.parametrize(
    ("value", "is_unproven"),
    [
        ({"a": {"class": "sklearn.preprocessing.StandardScaler"}}, False),
        ({"a": {"class": "sklearn.decomposition.NMF"}}, True),
        ({"a": {"class": "sklearn.feature_selection.RFE", "estimator": {"class": "x.Y"}}}, False),
        ({"class": "p.Pipeline", "steps": [["a", {"class": "sklearn.decomposition.PCA"}]]}, False),
        ({"class": "p.Pipeline", "steps": [["a", {"class": "sklearn.decomposition.NMF"}]]}, True),
        ({"class": "WOEEncoder"}, False),
        ({"class": "category_encoders.HashingEncoder"}, True),
        ({"class": "sklearn.impute.IterativeImputer"}, True),  # PyCaret's own converts
        (None, False),
    ],
)
def test_members_of_composites_are_looked_at_one_by_one(value: object, is_unproven: bool) -> None:
    assert lacks_converter(value) is is_unproven
