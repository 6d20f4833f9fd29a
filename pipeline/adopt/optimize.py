"""Makes a graph smaller or faster in a named way; each result is admitted by its own proof."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.adopt.verify import Bound, Proof, verify_graph
from pipeline.errors import ConversionError, UsageError
from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Optimized:
    """A changed graph, whether or not it may be used, and the figures for it.

    Attributes:
        way: a key of `WAYS`.
        data: the serialized graph.
        before: bytes of the graph that it was made of.
    """

    way: str
    data: bytes
    before: int
    proof: Proof

    @property
    def admitted(self) -> bool:
        """Whether it answers as the model does, within the bound that was asked for."""
        return self.proof.passed

    @property
    def text(self) -> str:
        """One sentence with its figures."""
        size = f"{len(self.data):,} bytes of {self.before:,}"
        word = "admitted" if self.admitted else "not admitted"
        return f"{self.way} {word}, {size}: {self.proof.text}"


def optimize_graph(graph: bytes, way: str) -> bytes:
    """The graph changed in one way.

    Raises:
        UsageError: there is no such way.
        ConversionError: onnxruntime's tool does not take the graph.
    """
    if way not in WAYS:
        raise UsageError(
            f"optimize: got {way!r}, expected {', '.join(WAYS)}",
            hint="Each is proven by itself: name those that the device profits from",
        )
    try:
        return WAYS[way](graph)
    except Exception as err:  # the tools' errors share no base
        raise ConversionError(
            f"optimize: {way} does not take this graph ({type(err).__name__}: {err})",
            hint="Leave it out; the graph itself is proven and stays as it is",
        ) from err


def prove_optimized(
    graph: bytes,
    way: str,
    reference: Callable[[Arrays], Arrays],
    sample: tuple[Sequence[Tensor], Arrays],
    bound: Bound,
) -> Optimized:
    """Change a graph in one way and hold the result against the model itself.

    Args:
        graph: the proven one.
        reference: the model's own prediction.
        sample: the inputs with their dynamic axes, and the sample's arrays.
        bound: within which the result must answer as the model does.

    Raises:
        UsageError, ConversionError: as `optimize_graph` does.
    """
    data = optimize_graph(graph, way)
    inputs, feeds = sample
    return Optimized(way, data, len(graph), verify_graph(data, reference, inputs, feeds, bound))


def _fold(graph: bytes) -> bytes:
    """What onnxruntime would do at each start, done once: constants, what has no effect.

    Basic rules alone: the others make operators that other runtimes do not know.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory(prefix="adopt-") as name:
        file = Path(name, "folded.onnx")
        options.optimized_model_filepath = str(file)
        onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        return _keep_domains(file.read_bytes(), graph)


def _keep_domains(folded: bytes, graph: bytes) -> bytes:
    """Without the domains that onnxruntime declares beside those of the graph, and does not use."""
    import onnx

    model, before = onnx.load_from_string(folded), onnx.load_from_string(graph)
    known = {each.domain for each in before.opset_import}
    kept = [each for each in model.opset_import if each.domain in known]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    data: bytes = model.SerializeToString()
    return data


def _halve(graph: bytes) -> bytes:
    """Weights and arithmetic in float16; inputs and outputs stay as they are."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load_from_string(graph), keep_io_types=True)
    data: bytes = model.SerializeToString()
    return data


def _quantize(graph: bytes) -> bytes:
    """Weights of matrix products in 8 bits; what they are multiplied with is scaled as it comes."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(prefix="adopt-") as name:
        before, after = Path(name, "before.onnx"), Path(name, "after.onnx")
        before.write_bytes(graph)
        logging.disable(logging.WARNING)  # it recommends what torch's exporter has done
        try:
            quantize_dynamic(before, after, weight_type=QuantType.QInt8)
        finally:
            logging.disable(logging.NOTSET)
        return after.read_bytes()


WAYS: Mapping[str, Callable[[bytes], bytes]] = {"fold": _fold, "fp16": _halve, "int8": _quantize}
"""Each way that `optimize` of adopt.toml may name."""
