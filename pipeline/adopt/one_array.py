"""Makes a graph of columns take one array: (batch, F) ─Split─► F columns of (batch, 1) each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper

from pipeline.adopt.table_model import find_predictor
from pipeline.adopt.table_rows import list_model_columns
from pipeline.convert.fitted_model import convert_fitted_model
from pipeline.manifest.tensors import Tensor

BATCH = "batch"


def export_one_array(
    model: Any, x: NDArray[Any], given: Tensor, outputs: Sequence[str]
) -> onnx.ModelProto:
    """The graph of a fitted model that takes one matrix.

    Args:
        x: (N, F) float32 or float64, in which the model is traced.
        given: the graph's input.
        outputs: names of labels, and of probabilities where it has them.

    Raises:
        ConversionError: a step or the estimator has no exact form.
    """
    width = x.shape[1]
    names = list_model_columns(model) or [f"{given.name}_{place}" for place in range(width)]
    conversion = convert_fitted_model(find_predictor(model), pd.DataFrame(x, columns=names))
    made = onnx.ModelProto()
    made.CopyFrom(conversion.model)
    graph = made.graph
    renamed = dict(zip((value.name for value in graph.output), outputs, strict=False))
    renamed |= {name: f"{name} of {given.name}" for name in names}
    _rename_values(graph, renamed)
    nodes = [*_split(given, [renamed[name] for name in names]), *graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(given.dtype))
    graph.input.append(helper.make_tensor_value_info(given.name, kind, [BATCH, width]))
    for value in graph.output:
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    return made


def _split(given: Tensor, columns: Sequence[str]) -> list[onnx.NodeProto]:
    """x ─Cast to double─► (batch, F) ─Split─► the columns."""
    wide = f"{given.name} as double"
    cast = helper.make_node("Cast", [given.name], [wide], name="as_double", to=TensorProto.DOUBLE)
    if len(columns) == 1:
        return [cast, helper.make_node("Identity", [wide], columns, name="the_column")]
    split = helper.make_node(
        "Split", [wide], columns, name="columns", axis=1, num_outputs=len(columns)
    )
    return [cast, split]


def _rename_values(graph: onnx.GraphProto, renamed: Mapping[str, str]) -> None:
    """Give values other names wherever they stand, inside subgraphs too."""
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                _rename_values(inner, renamed)
    for value in graph.output:
        value.name = renamed.get(value.name, value.name)
