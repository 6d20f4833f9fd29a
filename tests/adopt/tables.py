"""A small table and models that are fitted on it, for tests of models whose sample is a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["weight", "age"]


def make_table(rows: int = 120) -> pd.DataFrame:
    """Numbers of which float32 keeps seven digits, text and codes, all with gaps but the codes."""
    random = np.random.default_rng(3)
    weight = random.normal(1e3, 150, rows) + 0.1
    frame = pd.DataFrame(
        {
            "weight": weight,
            "age": random.integers(1, 30, rows).astype(float),
            "island": random.choice(["Biscoe", "Dream", "Zoë's"], rows),
            "code": random.choice([1, 2, 3], rows),
            "kind": np.where(weight + random.normal(0, 80, rows) > 1e3, "heavy", "light"),
        }
    )
    frame.loc[5:9, "weight"] = np.nan
    frame.loc[20:22, "island"] = np.nan
    return frame


def fit_numbers(estimator: Any | None = None) -> Pipeline:
    """A scaler and an estimator, on the rows without gaps in the two columns of numbers."""
    frame = make_table().dropna()
    model = Pipeline([("scale", StandardScaler()), ("model", estimator or LogisticRegression())])
    return model.fit(frame[NUMBERS], frame["kind"])


def fit_columns(estimator: Any | None = None, target: str = "kind") -> Pipeline:
    """Each kind of column through steps of its own, then an estimator."""
    frame = make_table()
    numbers = Pipeline([("fill", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    texts = Pipeline(
        [
            ("fill", SimpleImputer(strategy="most_frequent")),
            ("encode", OneHotEncoder(handle_unknown="ignore")),
        ]
    )
    codes = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5)
    columns = ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("texts", texts, ["island"]), ("codes", codes, ["code"])]
    )
    model = Pipeline([("columns", columns), ("model", estimator or LogisticRegression())])
    features = frame.drop(columns=["kind", *({target} - {"kind"} - {"weight"})])
    return model.fit(features, frame[target].ffill())
