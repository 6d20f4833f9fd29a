"""Keras models as people build them, each with a sample that it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def make_sequential() -> tuple[Any, Arrays]:
    """Never called; with the layers that act otherwise in training."""
    from keras import Input, Sequential, layers

    model = Sequential(
        [
            Input((4,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.5),
            layers.BatchNormalization(),
            layers.GaussianNoise(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.layers[2].moving_mean.assign(np.linspace(-1, 1, 8))
    return model, {"measures": draw(9, 4)}


def make_unbuilt() -> tuple[Any, Arrays]:
    from keras import Sequential, layers

    return Sequential([layers.Dense(3)]), {"x": draw(5, 4)}


def make_table() -> tuple[Any, Arrays]:
    """Standardises numbers and looks words up; takes a dict."""
    from keras import Input, Model, layers

    numbers = Input((2,), name="numbers")
    island = Input((1,), name="island", dtype="string")
    scaled = layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])(numbers)
    looked = layers.StringLookup(vocabulary=["Biscoe", "Dream"], output_mode="one_hot")(island)
    joined = layers.Concatenate()([scaled, looked])
    outputs = layers.Dense(3, activation="softmax", name="species")(joined)
    words = np.array([["Biscoe"], ["Dream"], ["elsewhere"], [""], ["Dream"]])
    return Model({"numbers": numbers, "island": island}, outputs), {
        "numbers": draw(5, 2),
        "island": words,
    }


def make_codes() -> tuple[Any, Arrays]:
    """Spreads whole numbers over columns, and finds others in an embedding."""
    from keras import Input, Model, layers

    day, shop = Input((1,), name="day", dtype="int64"), Input((1,), name="shop", dtype="int32")
    days = layers.CategoryEncoding(7, output_mode="one_hot")(day)
    shops = layers.Flatten()(layers.Embedding(5, 3)(shop))
    outputs = layers.Dense(1, name="load")(layers.Concatenate()([days, shops]))
    codes = {"day": np.array([[0], [6], [3]]), "shop": np.array([[4], [0], [2]], "int32")}
    return Model([day, shop], outputs), codes


def make_two_heads() -> tuple[Any, Arrays]:
    """Lists in and out, the names not in the alphabet's order."""
    from keras import Input, Model, layers

    wide, deep = Input((3,), name="wide"), Input((3,), name="deep")
    first = layers.Dense(2, name="weight")(wide)
    second = layers.Dense(2, name="age")(layers.Subtract()([wide, deep]))
    return Model([wide, deep], [first, second]), {"wide": draw(6, 3), "deep": draw(6, 3) * 2}


def make_dict_heads() -> tuple[Any, Arrays]:
    from keras import Input, Model, layers

    entry = Input((3,), name="entry")
    heads = {"zeta": layers.Dense(2)(entry), "alpha": layers.Dense(2)(entry)}
    return Model(entry, heads), {"entry": draw(6, 3)}


def make_sequence() -> tuple[Any, Arrays]:
    from keras import Input, Sequential, layers

    model = Sequential(
        [Input((None, 2), name="series"), layers.LSTM(5), layers.Dense(1, name="next")]
    )
    return model, {"series": draw(4, 12, 2)}


def make_image() -> tuple[Any, Arrays]:
    from keras import Input, Sequential, layers

    model = Sequential(
        [
            Input((8, 6, 3), name="picture"),
            layers.RandomFlip(),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3),
            layers.MaxPool2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax", name="kind"),
        ]
    )
    return model, {"picture": draw(5, 8, 6, 3)}


def make_subclass() -> tuple[Any, Arrays]:
    import keras

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x: Any, training: bool = False) -> Any:
            return self.dense(x)

    return Net(), {"x": draw(5, 4)}


MODELS = (
    *(make_sequential, make_unbuilt, make_table, make_codes, make_two_heads, make_dict_heads),
    *(make_sequence, make_image, make_subclass),
)


def draw(*shape: int) -> NDArray[Any]:
    return np.random.default_rng(4).normal(size=shape).astype("float32")
