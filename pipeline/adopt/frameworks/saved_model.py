"""TensorFlow: a SavedModel folder, run by its signature, converted by tf2onnx."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.frameworks.tensorflow_feeds import (
    check_array,
    describe_input,
    make_constants,
    name_arrays,
    silence,
)
from pipeline.adopt.frameworks.tensorflow_graph import (
    convert_saved_model,
    declare,
    rename_outputs,
)
from pipeline.adopt.output_shapes import find_output_shapes
from pipeline.errors import ModelError, UsageError

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig
    from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, NDArray[Any]]
_REACHING = {
    *("ReadFile", "WriteFile", "MatchingFiles", "PrintV2", "Save", "SaveSlices"),
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "WriteSummary", "CreateSummaryFileWriter"),
    *("TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset", "TFRecordReaderV2"),
}
"""Operators by which a graph reads or writes files of its choice, or runs Python."""


@dataclass(frozen=True)
class SavedModel:
    """A loaded SavedModel folder and the signature that is adopted.

    Attributes:
        folder: holds saved_model.pb.
        signature: `serving_default`, or the folder's only one.
        function: takes tensors by name, returns them by name.
        loaded: the object that owns the variables.
    """

    folder: Path
    signature: str
    function: Any
    loaded: Any


class TensorFlow:
    """`Framework` for a SavedModel folder; stateless."""

    name = "tensorflow"

    def accepts(self, model: object) -> bool:
        return isinstance(model, SavedModel)

    def find_version(self) -> str:
        """Of TensorFlow."""
        import tensorflow as tf

        return str(tf.__version__)

    def check(self, model: SavedModel) -> list[str]:
        return []

    def find_inputs(
        self, model: SavedModel, sample: Sample, settings: AdoptConfig
    ) -> tuple[Tensor, ...]:
        """The signature's inputs; the settings cannot rename what the folder has named.

        Raises:
            UsageError: the sample's arrays are not those: names, types or shapes.
        """
        specs = model.function.structured_input_signature[1]
        names = sorted(specs)
        arrays = name_arrays(sample.arrays, names)
        if set(specs) != set(arrays):
            raise UsageError(
                f"the sample has {', '.join(sample.arrays)}, signature {model.signature!r} takes "
                f"{', '.join(names)}",
                hint="Call the .npz file's arrays as the signature does",
            )
        for name, spec in specs.items():
            check_array(name, arrays[name], spec.dtype.name, tuple(spec.shape))
        return tuple(describe_input(name, arrays[name], settings) for name in names)

    def predict(self, model: SavedModel, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """The signature's outputs by their names."""
        found = model.function(**make_constants(feeds))
        return {name: np.asarray(found[name]) for name in sorted(found)}

    def export(
        self,
        model: SavedModel,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph; outputs renamed to `outputs`, in the order of the signature's sorted names."""
        feeds = {tensor.name: sample.arrays[tensor.name] for tensor in inputs}
        shapes = find_output_shapes(lambda rows: self.predict(model, rows), inputs, feeds)
        proto = convert_saved_model(model.folder, model.signature)
        renamed = dict(zip(shapes, outputs, strict=True))
        rename_outputs(proto, renamed)
        declare(proto, inputs, {renamed[name]: shape for name, shape in shapes.items()})
        return proto


def load_saved_model(folder: Path, *, trust: bool = False) -> SavedModel:
    """A SavedModel folder's `serving_default`, or its only signature.

    Raises:
        ModelError: the folder is damaged, or has no signature that can be chosen.
        UsageError: its graph reaches for files or Python, and is not trusted.
    """
    _refuse_reaching(folder, trust=trust)
    import tensorflow as tf

    try:
        with silence():
            loaded = tf.saved_model.load(str(folder))
    except Exception as err:
        raise ModelError(f"{folder} cannot be loaded by TensorFlow: {err}") from err
    signatures = dict(loaded.signatures)
    name = "serving_default" if "serving_default" in signatures else next(iter(signatures), "")
    if not name or (len(signatures) > 1 and name != "serving_default"):
        raise ModelError(
            f"{folder} has the signatures {', '.join(sorted(signatures)) or '(none)'}, expected "
            "serving_default or one alone",
            hint="Write it with Keras' model.export(folder), or tf.saved_model.save(signatures=…)",
        )
    return SavedModel(folder, name, signatures[name], loaded)


def _refuse_reaching(folder: Path, *, trust: bool) -> None:
    try:
        with silence():
            from tensorflow.core.protobuf import saved_model_pb2

            read = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    except OSError as err:
        raise ModelError(f"{folder} is no SavedModel folder: {err.strerror}") from err
    except Exception as err:
        raise ModelError(f"{folder / 'saved_model.pb'} is damaged: {err}") from err
    used = {
        node.op
        for meta in read.meta_graphs
        for nodes in (meta.graph_def.node, *(f.node_def for f in meta.graph_def.library.function))
        for node in nodes
    }
    if (reaching := sorted(used & _REACHING)) and not trust:
        raise UsageError(
            f"the SavedModel's graph reaches for files or Python ({', '.join(reaching)})",
            hint="With --trust it is run nonetheless; it can then do what a program can",
        )
