"""Trains a Keras classifier of penguins and saves it with a sample, for `pipeline.adopt`.

    python -m examples.keras_penguins.train FOLDER
    python -m pipeline.adopt FOLDER/penguins.keras --sample FOLDER/sample.npz \\
        --name penguins-keras --config examples/keras_penguins/adopt.toml --output FOLDER/adopted

An input for each column: numbers are standardised and words looked up by Keras' own layers, so the
graph takes the table's cells as they are. Writes FOLDER/penguins.keras and FOLDER/sample.npz.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # after the line above, or TensorFlow talks

TABLE = Path(__file__).parents[2] / "datasets" / "penguins.csv"
NUMBERS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
WORDS = {"island": ("Biscoe", "Dream", "Torgersen"), "sex": ("female", "male")}
SPECIES = ("Adelie", "Chinstrap", "Gentoo")
TEST_ROWS = 84


def read_penguins(file: Path = TABLE) -> tuple[dict[str, Any], Any]:
    """The columns as arrays (rows, 1), float32 or text, and the species as integers.

    Two penguins were not measured and are left out; a sex that is not known is "".
    """
    frame = pd.read_csv(file).dropna(subset=list(NUMBERS))
    columns = {name: frame[[name]].to_numpy(np.float32) for name in NUMBERS}
    columns |= {name: frame[[name]].fillna("").to_numpy().astype(str) for name in WORDS}
    return columns, frame["species"].map(SPECIES.index).to_numpy()


def build_model(columns: dict[str, Any]) -> keras.Model:
    """A small network that has seen the columns' means and variances, and no weight trained."""
    inputs, features = {}, []
    for name in NUMBERS:
        inputs[name] = keras.Input((1,), name=name)
        scale = keras.layers.Normalization()
        scale.adapt(columns[name])
        features.append(scale(inputs[name]))
    for name, words in WORDS.items():
        inputs[name] = keras.Input((1,), name=name, dtype="string")
        look_up = keras.layers.StringLookup(vocabulary=list(words), output_mode="one_hot")
        features.append(look_up(inputs[name]))
    hidden = keras.layers.Concatenate()(features)
    hidden = keras.layers.Dense(16, activation="relu")(hidden)
    hidden = keras.layers.Dropout(0.2)(hidden)
    hidden = keras.layers.BatchNormalization()(hidden)
    scores = keras.layers.Dense(len(SPECIES), activation="softmax", name="probabilities")(hidden)
    return keras.Model(inputs, scores)


def train(folder: Path, epochs: int = 60) -> float:
    """Write a trained model and its sample into the folder; returns its accuracy on the sample."""
    import tensorflow as tf

    keras.utils.set_random_seed(7)
    columns, species = read_penguins()
    order = np.random.default_rng(7).permutation(len(species))
    test, rest = order[:TEST_ROWS], order[TEST_ROWS:]

    def take(rows: Any) -> dict[str, Any]:
        return {name: tf.constant(values[rows].tolist()) for name, values in columns.items()}

    model = build_model({name: values[rest] for name, values in columns.items()})
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(take(rest), species[rest], batch_size=32, epochs=epochs, verbose=0)
    _, accuracy = model.evaluate(take(test), species[test], verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "penguins.keras")
    sample = {name: values[test] for name, values in columns.items()}
    np.savez(folder / "sample.npz", **sample, species=species[test])
    return float(accuracy)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    sys.stdout.write(f"{train(where):.3f} of the test rows are right; {where}/penguins.keras\n")
