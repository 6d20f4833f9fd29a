from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.adopt.frameworks.keras import Keras
from pipeline.adopt.frameworks.keras_file import load_keras_file
from pipeline.errors import ModelError, UsageError
from tests.adopt.frameworks import keras_models as models

pytestmark = pytest.mark.long
pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")


@pytest.mark.parametrize("make", [models.make_sequential, models.make_two_heads])
def test_a_file_predicts_as_the_model_that_was_saved(make, tmp_path: Path) -> None:
    model, arrays = make()
    model.save(tmp_path / "model.keras")
    loaded = load_keras_file(tmp_path / "model.keras")
    wanted = Keras().predict(model, arrays)
    for name, values in Keras().predict(loaded, arrays).items():
        np.testing.assert_array_equal(values, wanted[name])


def test_code_in_a_file_is_run_only_if_trusted(tmp_path: Path) -> None:
    from keras import Input, Sequential, layers

    model = Sequential([Input((2,)), layers.Lambda(lambda x: x * 2)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(UsageError, match="--trust"):
        load_keras_file(tmp_path / "model.keras")
    loaded = load_keras_file(tmp_path / "model.keras", trust=True)
    np.testing.assert_array_equal(loaded(np.ones((1, 2), "float32")), [[2, 2]])


def test_an_older_file_is_opened_only_if_trusted(tmp_path: Path) -> None:
    model, _ = models.make_sequential()
    model.save(tmp_path / "model.h5")
    with pytest.raises(UsageError, match="--trust"):
        load_keras_file(tmp_path / "model.h5")
    assert len(load_keras_file(tmp_path / "model.h5", trust=True).weights) == len(model.weights)


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"no archive")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_keras_file(tmp_path / "model.keras")


def test_a_class_that_is_not_here_is_said(tmp_path: Path) -> None:
    import keras

    class Doubled(keras.layers.Layer):
        def call(self, x):
            return x * 2

    keras.Sequential([keras.Input((2,)), Doubled()]).save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match="module:object"):
        load_keras_file(tmp_path / "model.keras")
