"""Fits a scikit-learn pipeline to penguins and saves it with a sample, for `pipeline.adopt`.

    python -m examples.scikit_learn_table.train FOLDER
    python -m pipeline.adopt FOLDER/penguins.joblib --trust --sample FOLDER/sample.csv \\
        --name penguins-sklearn --config examples/scikit_learn_table/adopt.toml \\
        --output FOLDER/adopted

Numbers, text and a year of few values go through steps of their own, gaps are filled, and the
graph takes the table's cells as they are. Writes FOLDER/penguins.joblib and FOLDER/sample.csv.
"""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TABLE = Path(__file__).parents[2] / "datasets" / "penguins.csv"
TARGET = "species"
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
WORDS = ["island", "sex"]
CODES = ["year"]


def build_pipeline() -> Pipeline:
    """Imputers, a scaler and encoders by column, then a logistic regression; not fitted."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = ColumnTransformer(
        [
            ("numbers", numbers, NUMBERS),
            ("words", words, WORDS),
            ("codes", OneHotEncoder(handle_unknown="ignore"), CODES),
        ]
    )
    return Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=1000))])


def train(folder: Path) -> float:
    """Fit, save, and return the accuracy on a quarter of the penguins, which become the sample."""
    rows, held_out = train_test_split(pd.read_csv(TABLE), test_size=0.25, random_state=0)
    model = build_pipeline().fit(rows.drop(columns=TARGET), rows[TARGET])
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "penguins.joblib")
    held_out.to_csv(folder / "sample.csv", index=False)
    return float(model.score(held_out.drop(columns=TARGET), held_out[TARGET]))


if __name__ == "__main__":
    sys.stdout.write(f"{train(Path(sys.argv[1])):.3f} of the penguins that it has not seen\n")
