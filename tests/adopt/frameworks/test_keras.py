from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from pipeline.adopt.framework import find_framework
from pipeline.adopt.frameworks.keras import Keras
from pipeline.adopt.output_shapes import resize_feeds
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ConversionError, UsageError
from tests.adopt.frameworks import keras_models as models

pytestmark = pytest.mark.long
pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")
AXES = {"length": {"series": 1}}


def export(model: Any, arrays: Any, folder: Path, **settings: Any) -> tuple[onnx.ModelProto, Any]:
    """The checked graph and its inputs."""
    framework, sample = Keras(), make_sample(arrays)
    framework.check(model)
    inputs = framework.find_inputs(model, sample, AdoptConfig(**settings))
    outputs = tuple(settings.get("outputs") or framework.predict(model, sample.arrays))
    proto = framework.export(model, inputs, outputs, sample, folder)
    onnx.checker.check_model(proto, full_check=True)
    return proto, inputs


def run(proto: onnx.ModelProto, feeds: Any) -> dict[str, Any]:
    session = ort.InferenceSession(proto.SerializeToString())
    names = [value.name for value in session.get_outputs()]
    feeds = {n: v.astype(object) if v.dtype.kind == "U" else v for n, v in feeds.items()}
    return dict(zip(names, session.run(names, feeds), strict=True))


@pytest.mark.parametrize("make", models.MODELS)
def test_the_graph_predicts_as_the_model_does_for_every_batch_and_length(
    make: Any, tmp_path: Path
) -> None:
    model, arrays = make()
    proto, inputs = export(model, arrays, tmp_path, axes=AXES)
    for batch in (1, 2, 7, 300):
        feeds = resize_feeds(inputs, arrays, {"batch": batch, "length": 3 + batch % 20})
        wanted, found = Keras().predict(model, feeds), run(proto, feeds)
        assert list(wanted) == list(found)
        for name, values in wanted.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5)


def test_names_are_the_models_own_and_none_that_keras_counted(tmp_path: Path) -> None:
    model, arrays = models.make_two_heads()
    proto, _ = export(model, arrays, tmp_path / "two")
    assert [value.name for value in proto.graph.input] == ["wide", "deep"]
    assert [value.name for value in proto.graph.output] == ["weight", "age"]
    proto, _ = export(*models.make_sequential(), tmp_path / "one")
    assert [value.name for value in proto.graph.output] == ["output"]


def test_names_of_the_settings_replace_them(tmp_path: Path) -> None:
    model, arrays = models.make_two_heads()
    arrays = {"left": arrays["wide"], "right": arrays["deep"]}
    proto, _ = export(model, arrays, tmp_path, inputs=("left", "right"), outputs=("kg", "years"))
    wanted = model([arrays["left"], arrays["right"]], training=False)
    found = run(proto, arrays)
    np.testing.assert_allclose(found["kg"], wanted[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["years"], wanted[1], rtol=1e-5, atol=1e-6)


def test_axes_are_named_in_the_graph(tmp_path: Path) -> None:
    proto, _ = export(*models.make_sequence(), tmp_path, axes=AXES)
    shape = proto.graph.input[0].type.tensor_type.shape.dim
    assert [axis.dim_param or axis.dim_value for axis in shape] == ["batch", "length", 2]
    assert proto.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_it_is_recognised_without_keras() -> None:
    assert isinstance(find_framework(models.make_sequential()[0]), Keras)
    assert not Keras().accepts(np.zeros(3))


def test_what_keras_itself_exports_has_inputs_without_a_value(tmp_path: Path) -> None:
    """Why there is another way here; once this fails, it may go."""
    from keras import Input, Model, layers

    entry = Input((2,), name="entry")
    model = Model(entry, layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])(entry))
    model(models.draw(1, 2))
    model.export(tmp_path / "own.onnx", format="onnx", verbose=False)
    assert len(onnx.load(tmp_path / "own.onnx").graph.input) > 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.astype("float64"), "float32"),
        (lambda x: np.ascontiguousarray(x.transpose(0, 3, 1, 2)), "NCHW"),
        (lambda x: x[0], "batch axis"),
        (lambda x: x[..., :2], r"\[5, 8, 6, 2\]"),
    ],
)
def test_a_sample_of_another_type_or_layout_is_refused(change: Any, says: str) -> None:
    model, arrays = models.make_image()
    sample = make_sample({"picture": change(arrays["picture"])})
    with pytest.raises(UsageError, match=says):
        Keras().find_inputs(model, sample, AdoptConfig())


def test_a_fixed_batch_is_refused() -> None:
    from keras import Input, Sequential, layers

    model = Sequential([Input(batch_shape=(8, 4)), layers.Dense(1)])
    with pytest.raises(UsageError, match="fixed batch of 8"):
        Keras().find_inputs(model, make_sample({"x": models.draw(8, 4)}), AdoptConfig())


def test_a_layer_with_a_state_is_refused() -> None:
    from keras import Input, Sequential, layers

    model = Sequential([Input(batch_shape=(2, 3, 4)), layers.LSTM(2, stateful=True, name="memory")])
    with pytest.raises(ConversionError, match="memory"):
        Keras().check(model)


@pytest.mark.parametrize(
    ("layer", "says"), [("GaussianDropout", "random"), ("BatchNormalization", "rows beside it")]
)
def test_a_layer_in_training_mode_is_refused(layer: str, says: str, tmp_path: Path) -> None:
    import keras

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            options = {"rate": 0.5} if layer == "GaussianDropout" else {}
            self.layer = getattr(keras.layers, layer)(**options)

        def call(self, x: Any) -> Any:
            return self.layer(x, training=True)

    with pytest.raises(ConversionError, match=says):
        export(Net(), {"x": models.draw(8, 4)}, tmp_path)


def test_an_operator_without_a_form_in_onnx_is_named(tmp_path: Path) -> None:
    import tensorflow as tf
    from keras import Input, Model, layers

    entry = Input((4,), name="entry")
    model = Model(entry, layers.Lambda(tf.math.bessel_i0)(entry))
    with pytest.raises(ConversionError, match="Bessel"):
        export(model, {"entry": models.draw(3, 4)}, tmp_path / "bessel")
    year = Input((1,), name="year", dtype="int64")
    model = Model(year, layers.IntegerLookup(vocabulary=[2007], output_mode="one_hot")(year))
    with pytest.raises(ConversionError, match="lookup tables"):
        export(model, {"year": np.array([[2007]])}, tmp_path / "table")


def test_names_that_the_sample_lacks_are_said() -> None:
    model, arrays = models.make_two_heads()
    with pytest.raises(UsageError, match="'wide', 'deep'"):
        Keras().find_inputs(model, make_sample({"wide": arrays["wide"]}), AdoptConfig())
