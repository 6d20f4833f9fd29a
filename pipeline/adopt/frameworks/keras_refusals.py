"""Keras: what a model must not do, and what is odd about one.

A layer that keeps a state, noise in inference mode and statistics of the batch make a prediction
depend on more than its row; none of these is seen on the sample alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.frameworks.keras_names import list_inputs, list_named_outputs
from pipeline.errors import ConversionError, UsageError

Arrays = Mapping[str, NDArray[Any]]
_CLOSE = {"rtol": 1e-3, "atol": 1e-5}
"""Between a row alone and the same row among others: kernels sum in other orders."""


def iterate_layers(model: Any) -> Iterator[Any]:
    """Every layer, those within models and wrappers too."""
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from iterate_layers(layer)


def refuse_layers(model: Any) -> None:
    """Raise for what cannot be one graph.

    Raises:
        UsageError: Keras runs on another backend than TensorFlow.
        ConversionError: a layer keeps a state from one call to the next.
    """
    import keras

    if (backend := keras.backend.backend()) != "tensorflow":
        raise UsageError(
            f"Keras runs on {backend}, expected tensorflow",
            hint="Set KERAS_BACKEND=tensorflow and load the model anew",
        )
    if kept := [layer.name for layer in iterate_layers(model) if getattr(layer, "stateful", False)]:
        raise ConversionError(
            f"layers keep their state from one call to the next: {', '.join(kept)}",
            hint="Build them with stateful=False and copy the weights: set_weights(get_weights())",
        )


def list_oddities(model: Any) -> list[str]:
    """What may be meant so and may be a mistake."""
    layers = list(iterate_layers(model))
    found = []
    if new := [layer.name for layer in layers if _is_untrained(layer)]:
        found.append(
            f"batch normalisation that has seen no data (mean 0, variance 1): {', '.join(new)}"
        )
    if low := sorted({layer.compute_dtype for layer in layers if layer.weights} - {"float32"}):
        found.append(f"layers compute in {', '.join(low)}, not float32: see the bound")
    if first := [layer.name for layer in layers if _has_channels_first(layer)]:
        found.append(
            f"channels first (NCHW) in {', '.join(first)}: TensorFlow runs these on a GPU only"
        )
    if "" in list_named_outputs(model) and list_inputs(model):
        found.append(
            "an output's layer has no name of its own: it is `output`, or output_0, output_1, …; "
            "name the layer, or name outputs under [outputs]"
        )
    return found


def refuse_training_mode(predict: Callable[[Arrays], Arrays], feeds: Arrays) -> None:
    """Run the sample twice, and its first row alone.

    Raises:
        ConversionError: the outputs differ although the call says training=False.
    """
    first, again = predict(feeds), predict(feeds)
    for name, values in first.items():
        if not _is_same(values, again[name], rtol=0, atol=0):
            raise ConversionError(
                f"output {name!r} differs between two runs of the same sample in inference mode: a "
                "layer draws random numbers (Dropout or noise called with training=True?)",
                hint="Hand the call's own `training` on to such layers",
            )
    if len(next(iter(feeds.values()))) < 2:
        return
    alone = predict({name: values[:1] for name, values in feeds.items()})
    for name, values in first.items():
        if not _is_same(values[:1], alone[name], **_CLOSE):
            raise ConversionError(
                f"output {name!r} of the sample's first row depends on the rows beside it: a layer "
                "takes the batch's statistics (BatchNormalization called with training=True?)",
                hint="Hand the call's own `training` on to such layers",
            )


def explain_call(model: Any, feeds: Arrays, err: Exception) -> UsageError:
    """Why a call failed: what was fed and what the model was built for, and its own words."""
    fed = ", ".join(f"{name} {v.dtype.name}{list(v.shape)}" for name, v in feeds.items())
    built = ", ".join(
        f"{tensor.name} {tensor.dtype}{list(tensor.shape)}"
        for tensor in getattr(model, "inputs", None) or ()
    )
    first = next((line.strip() for line in str(err).splitlines() if line.strip()), "")
    return UsageError(
        f"the model does not take {fed}: {type(err).__name__}: {first}",
        hint=f"It was built for {built}" if built else "Is the sample as in training?",
    )


def _is_same(left: NDArray[Any], right: NDArray[Any], *, rtol: float, atol: float) -> bool:
    if left.shape != right.shape:
        return False
    if left.dtype.kind not in "fc":
        return bool((left == right).all())
    return bool(np.allclose(left, right, rtol=rtol, atol=atol, equal_nan=True))


def _is_untrained(layer: Any) -> bool:
    if type(layer).__name__ != "BatchNormalization" or not layer.built:
        return False
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    return not mean.any() and bool((variance == 1).all())


def _has_channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"
