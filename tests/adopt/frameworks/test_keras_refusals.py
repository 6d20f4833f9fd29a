from __future__ import annotations

import numpy as np
import pytest

from pipeline.adopt.frameworks.keras_refusals import (
    explain_call,
    iterate_layers,
    list_oddities,
    refuse_training_mode,
)
from pipeline.errors import ConversionError
from tests.adopt.frameworks import keras_models as models

ROWS = {"x": np.arange(6.0).reshape(6, 1)}


def test_a_prediction_of_its_row_alone_passes() -> None:
    refuse_training_mode(lambda feeds: {"y": feeds["x"] * 2}, ROWS)


def test_noise_and_statistics_of_the_batch_are_refused() -> None:
    noise = np.random.default_rng(1)
    with pytest.raises(ConversionError, match="random"):
        refuse_training_mode(lambda feeds: {"y": feeds["x"] + noise.normal()}, ROWS)
    with pytest.raises(ConversionError, match="rows beside it"):
        refuse_training_mode(lambda feeds: {"y": feeds["x"] - feeds["x"].mean()}, ROWS)


@pytest.mark.long
def test_odd_layers_are_said() -> None:
    keras = pytest.importorskip("keras", reason="of the extra `tensorflow`")
    inner = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(name="fresh")])
    model = keras.Sequential(
        [keras.Input((4,)), inner, keras.layers.Dense(2, dtype="mixed_float16", name="low")]
    )
    assert [layer.name for layer in iterate_layers(inner)] == ["fresh"]
    said = " ".join(list_oddities(model))
    assert "fresh" in said
    assert "float16" in said
    assert list_oddities(models.make_two_heads()[0]) == []


@pytest.mark.long
def test_a_call_that_fails_is_told_with_what_was_fed() -> None:
    pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")
    model, _ = models.make_two_heads()
    told = explain_call(model, {"wide": models.draw(2, 5)}, ValueError("\nincompatible\nmore"))
    assert "float32[2, 5]" in str(told)
    assert "deep" in told.hint
