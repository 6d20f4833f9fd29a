from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from pipeline.convert.known_categories import KnownCategories

FRAME = pd.DataFrame({"n": [1.0, 2.0, 3.0], "t": ["a", "b", "a"], "c": [1, 2, 1]})


def _follow(transformer: Any) -> KnownCategories:
    known = KnownCategories()
    known.follow(transformer.fit(FRAME), list(FRAME), "step:")
    return known


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()])
def test_an_encoder_knows_the_values_it_was_fitted_on(encoder: Any) -> None:
    known = _follow(encoder)
    assert known.values == {name: sorted(FRAME[name].unique()) for name in FRAME}
    assert not known.computed


def test_columns_are_followed_through_imputers_and_chosen_columns() -> None:
    filled = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    known = _follow(
        ColumnTransformer(
            [("number", StandardScaler(), ["n"]), ("text", filled, ["c", "t"])],
        )
    )
    assert known.values == {"c": [1, 2], "t": ["a", "b"]}
    assert known.computed == {"n"}


def test_what_stands_beside_an_encoder_may_be_computed_with() -> None:
    known = _follow(ColumnTransformer([("text", OneHotEncoder(), ["t"])], remainder="passthrough"))
    assert known.computed == {"n", "c"}


def test_a_union_reads_every_column_twice() -> None:
    numbers = FRAME[["n", "c"]]
    known = KnownCategories()
    union = FeatureUnion([("codes", OneHotEncoder()), ("same", "passthrough")]).fit(numbers)
    known.follow(union, list(numbers), "step:")
    assert set(known.values) == known.computed == {"n", "c"}
