"""Keras: a `keras.Model` of any kind (Sequential, functional, subclassed).

Exported by Keras' own ExportArchive into a SavedModel and from there by tf2onnx: Keras' shorter
way, `export(format="onnx")`, makes inputs without a value of what a Normalization layer learnt,
cannot look up words, and names the output `Identity:0`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.frameworks.keras_names import (
    find_output_names,
    list_inputs,
    match_inputs,
    pack_feeds,
)
from pipeline.adopt.frameworks.keras_refusals import (
    explain_call,
    list_oddities,
    refuse_layers,
    refuse_training_mode,
)
from pipeline.adopt.frameworks.tensorflow_feeds import (
    check_array,
    describe_input,
    make_constants,
    name_arrays,
    silence,
)
from pipeline.adopt.frameworks.tensorflow_graph import convert_saved_model, declare
from pipeline.adopt.output_shapes import find_output_shapes

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig
    from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, NDArray[Any]]


class Keras:
    """`Framework` for Keras 3 with its TensorFlow backend; stateless."""

    name = "keras"

    def accepts(self, model: object) -> bool:
        """Whether it is a keras.Model, without importing Keras."""
        return any(
            kind.__module__.startswith("keras.src.") and kind.__name__ == "Model"
            for kind in type(model).__mro__
        )

    def find_version(self) -> str:
        """Of Keras, and of TensorFlow below it: 3.15.0 (tensorflow 2.21.0)."""
        import keras
        import tensorflow as tf

        return f"{keras.__version__} (tensorflow {tf.__version__})"

    def check(self, model: Any) -> list[str]:
        """Refuse a model whose predictions are no function of one row; warn of what is odd.

        Raises:
            UsageError: Keras runs on another backend than TensorFlow.
            ConversionError: a layer keeps a state from one call to the next.
        """
        refuse_layers(model)
        return list_oddities(model)

    def find_inputs(self, model: Any, sample: Sample, settings: AdoptConfig) -> tuple[Tensor, ...]:
        """The inputs as the model names them, or as the settings do, in the model's order.

        Raises:
            UsageError: the sample's arrays are not those: names, types or shapes.
        """
        names = match_inputs(model, sample.arrays, tuple(settings.inputs))
        arrays = name_arrays(sample.arrays, names)
        for name, tensor in zip(names, list_inputs(model).values(), strict=False):
            check_array(name, arrays[name], tensor.dtype, tuple(tensor.shape))
        return tuple(describe_input(name, arrays[name], settings) for name in names)

    def predict(self, model: Any, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """The model's outputs in inference mode (training=False), by their names.

        Raises:
            UsageError: the model does not take them.
        """
        try:
            with silence():
                found = model(pack_feeds(model, make_constants(feeds)), training=False)
        except Exception as err:  # whatever the model's own code raises
            raise explain_call(model, feeds, err) from err
        return {name: np.asarray(value) for name, value in find_output_names(model, found)}

    def export(
        self,
        model: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph with these inputs and outputs; every dynamic axis has its name.

        Args:
            outputs: their names in the order in which the model returns them.

        Raises:
            ConversionError: a layer has no form in ONNX, or works in training mode.
        """
        feeds = {tensor.name: sample.arrays[tensor.name] for tensor in inputs}
        refuse_training_mode(lambda rows: self.predict(model, rows), feeds)
        shapes = find_output_shapes(lambda rows: self.predict(model, rows), inputs, feeds)
        archive = folder / "saved_model"
        _write_archive(model, inputs, outputs, archive)
        proto = convert_saved_model(archive)
        declare(proto, inputs, dict(zip(outputs, shapes.values(), strict=True)))
        return proto


def _write_archive(
    model: Any, inputs: Sequence[Tensor], outputs: Sequence[str], folder: Path
) -> None:
    """A SavedModel of inference alone; its signature has our names and our dynamic axes."""
    import keras
    import tensorflow as tf

    def serve(feeds: Mapping[str, Any]) -> dict[str, Any]:
        ordered = {tensor.name: feeds[tensor.name] for tensor in inputs}
        found = find_output_names(model, model(pack_feeds(model, ordered), training=False))
        return dict(zip(outputs, (value for _, value in found), strict=True))

    signature = {
        tensor.name: tf.TensorSpec(
            [None if isinstance(size, str) else size for size in tensor.shape],
            "string" if tensor.dtype == "str" else tensor.dtype,
            name=tensor.name,
        )
        for tensor in inputs
    }
    with silence():
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, input_signature=[signature])
        archive.write_out(str(folder), verbose=False)
