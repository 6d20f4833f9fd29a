"""The list of transformers for custom pipelines against the converters that there are."""

from __future__ import annotations

import pytest

from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.support.transformers import COMPOSITES, TRANSFORMERS, unproven


def test_the_list_names_exactly_the_libraries_classes_with_a_converter() -> None:
    libraries = ("sklearn", "category_encoders")
    converted = {name.split(".")[1] for name in STEPS if name.split(".")[0] in libraries}
    assert {*TRANSFORMERS, *COMPOSITES} == converted


@pytest.mark.parametrize(
    ("value", "is_unproven"),
    [
        ({"a": {"class": "sklearn.preprocessing.StandardScaler"}}, False),
        ({"a": {"class": "sklearn.decomposition.NMF"}}, True),
        ({"a": {"class": "sklearn.feature_selection.RFE", "estimator": {"class": "x.Y"}}}, False),
        ({"class": "p.Pipeline", "steps": [["a", {"class": "sklearn.decomposition.PCA"}]]}, False),
        ({"class": "p.Pipeline", "steps": [["a", {"class": "sklearn.decomposition.NMF"}]]}, True),
        (None, False),
    ],
)
def test_members_of_composites_are_looked_at_one_by_one(value: object, is_unproven: bool) -> None:
    assert unproven(value) is is_unproven
