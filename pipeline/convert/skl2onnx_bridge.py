"""Registers PyCaret's pipeline class with skl2onnx, by handing it this package's graph.

skl2onnx works in three steps: a parser declares the outputs, a shape calculator gives them types,
a converter writes nodes. Here the parser converts the whole pipeline, so that the outputs are
known, and the converter copies what came out.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import onnx
import pandas as pd
from onnx import TensorProto

from pipeline.convert.graph.graph import names_read_by
from pipeline.convert.graph.subgraph import ML_OPSET, OPSET
from pipeline.convert.lowering import Conversion, convert
from pipeline.errors import ConversionError
from pipeline.manifest.columns import Input

ALIAS = "PyCaretPipeline"
OPTIONS: Mapping[str, list[Any] | None] = {"zipmap": [False], "rows": None}
"""zipmap has only one value, as the ONNX operator holds single precision; rows is any table."""

NUMBERS = frozenset(
    getattr(TensorProto, name)
    for name in ("FLOAT", "DOUBLE", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32")
)
"""Types of inputs that become double without loss; int64 beyond 2**53 is none of PyCaret's."""

_FUNCTIONAL = ("pycaret.regression.functional", "pycaret.classification.functional")
_ROWS = "pipeline_rows"
"""Attribute by which a type that was guessed from a table remembers that table."""


def register_with_skl2onnx() -> None:
    """Teach skl2onnx PyCaret's pipeline class; a second call changes nothing."""
    from pycaret.internal.pipeline import Pipeline
    from skl2onnx import update_registered_converter
    from skl2onnx.algebra import type_helper
    from skl2onnx.common import _topology

    # until skl2onnx accepts ai.onnx.ml 5: 1.20 answers 3 here and refuses models with more
    _override(_topology, "get_default_opset_for_domain", _opset)
    # until skl2onnx hands converters the table that it guesses the inputs' types from
    _override(type_helper, "guess_initial_types", _guess_types)
    update_registered_converter(
        Pipeline, ALIAS, _calculate_shapes, _write, parser=_parse, options=dict(OPTIONS)
    )


def _override(module: Any, name: str, replacement: Callable[..., Any]) -> None:
    """Put `replacement(original, ...)` in place of a module's function, once."""
    original = getattr(module, name)
    if getattr(original, "replacement", None) is replacement:
        return

    def call(*args: Any, **kwargs: Any) -> Any:
        return replacement(original, *args, **kwargs)

    call.replacement = replacement  # type: ignore[attr-defined]
    setattr(module, name, call)


def _opset(original: Callable[[str], int | None], domain: str) -> int | None:
    """The newest opset of a domain that skl2onnx lets into a model."""
    newest = original(domain)
    return max(newest or 0, ML_OPSET) if domain == "ai.onnx.ml" else newest


def _guess_types(
    original: Callable[..., Any],
    X: Any,  # noqa: N803  skl2onnx calls it so
    initial_types: Any = None,
) -> Any:
    """The types of the inputs, each with the table that it was guessed from."""
    if not isinstance(X, pd.DataFrame):
        return original(X, initial_types)
    types = [(name, copy.copy(kind)) for name, kind in original(_make_guessable(X), initial_types)]
    for _, kind in types:
        setattr(kind, _ROWS, X)
    return types


def _make_guessable(frame: pd.DataFrame) -> pd.DataFrame:
    """One row whose types skl2onnx knows: it has none for dates, categories and short floats."""
    row = frame.head(1).copy()
    for name in row:
        if pd.api.types.is_datetime64_any_dtype(row[name].dtype):
            row[name] = row[name].astype("int64")
        elif isinstance(row[name].dtype, pd.CategoricalDtype):
            row[name] = row[name].astype(row[name].cat.categories.dtype)
    return row


def _parse(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
    """Convert the pipeline and declare an output for each of the graph's.

    Raises:
        ConversionError: as `convert` does; or no table is known; or an input is missing.
    """
    options = scope.get_options(model, {"zipmap": False, "rows": None})
    conversion = convert(model, _find_rows(model, inputs, options["rows"]))
    operator = scope.declare_local_operator(ALIAS, model)
    operator.conversion = conversion
    operator.inputs.extend(_inputs(scope, conversion, inputs))
    for output in conversion.outputs:
        shape = [d if isinstance(d, int) else None for d in output.shape]
        variable = scope.declare_local_variable(output.name, _types()[output.type](shape))
        operator.outputs.append(variable)
    return list(operator.outputs)


def _types() -> Mapping[str, Any]:
    from skl2onnx.common import data_types

    return {
        "tensor(double)": data_types.DoubleTensorType,
        "tensor(int64)": data_types.Int64TensorType,
        "tensor(string)": data_types.StringTensorType,
    }


def _find_rows(model: Any, inputs: Iterable[Any], given: pd.DataFrame | None) -> pd.DataFrame:
    """The longest table at hand: a graph depends on the ranges and categories of its columns."""
    guessed = (getattr(variable.type, _ROWS, None) for variable in inputs)
    tables = [t for t in (given, *guessed, *_current_table(model)) if t is not None]
    if not tables:
        raise ConversionError(
            "got the types of the inputs only, expected rows of the training table too",
            hint="use to_onnx(pipeline, frame), or give options={'rows': frame}",
        )
    return max(tables, key=len)


def _current_table(model: Any) -> Iterator[pd.DataFrame]:
    """The table of PyCaret's current experiment, where it has the pipeline's columns."""
    names = list(model.feature_names_in_)
    for module in _FUNCTIONAL:
        experiment = getattr(sys.modules.get(module), "_CURRENT_EXPERIMENT", None)
        table = getattr(experiment, "dataset", None)
        if table is not None and set(names) <= set(table.columns):
            yield table


def _inputs(scope: Any, conversion: Conversion, given: list[Any]) -> list[Any]:
    """The raw columns' variables under the columns' own names, in the graph's order.

    Further columns, such as the target, are no inputs of the graph.
    """
    wanted = [column.name for column in conversion.inputs]
    known = {variable.raw_name: variable for variable in given}
    if absent := [name for name in wanted if name not in known]:
        raise ConversionError(
            f"expected one input per raw column, got none for {absent}",
            hint="give a data frame, or initial types of shape [None, 1] by column name",
        )
    for variable in list(given):
        if variable.raw_name in wanted:
            _keep_name(scope, variable)
        else:
            scope.input_variables.remove(variable)
            variable.init_status(is_root=False)
    return [known[name] for name in wanted]


def _keep_name(scope: Any, variable: Any) -> None:
    # until skl2onnx keeps names: 1.20 makes identifiers of them
    if variable.onnx_name != variable.raw_name:
        scope.rename_onnx_name(variable.onnx_name, variable.raw_name)
        variable.set_onnx_name(variable.raw_name)


def _calculate_shapes(operator: Any) -> None:
    """Nothing to add: the parser has declared the outputs with their types."""


def _write(scope: Any, operator: Any, container: Any) -> None:
    """Copy nodes and initializers: each raw column ─Cast where its type differs─► the graph.

    Raises:
        ConversionError: the target opset is older than the graph's, or an input has a type that
            its column cannot take.
    """
    _check_opset(container)
    conversion: Conversion = operator.conversion
    graph = conversion.model.graph
    names = {o.name: v.full_name for o, v in zip(graph.output, operator.outputs, strict=True)}
    for column, variable in zip(conversion.inputs, operator.inputs, strict=True):
        names[column.name] = _cast_input(scope, variable, column, container)
    for number, original in enumerate(graph.node):
        container.check_white_black_list(original.op_type)
        node = _rename_node(original, names)
        node.name = f"{ALIAS}_{number:06}"
        container.nodes.append(node)
    container.initializers.extend(graph.initializer)
    for entry in conversion.model.opset_import:
        container.node_domain_version_pair_sets.add((entry.domain, entry.version))
    # skl2onnx's own sort does not see what the body of a Loop reads from outside
    container.ensure_topological_order = lambda: _sort(container)


def _check_opset(container: Any) -> None:
    for domain, needed in (("", OPSET), ("ai.onnx.ml", ML_OPSET)):
        found = container.target_opset_any_domain(domain)
        if found < needed:
            raise ConversionError(
                f"expected at least opset {needed} of {domain or 'ai.onnx'}, got {found}",
                hint=f"leave target_opset out, or give {{'': {OPSET}, 'ai.onnx.ml': {ML_OPSET}}}",
            )


def _cast_input(scope: Any, variable: Any, column: Input, container: Any) -> str:
    """The name of a column's tensor in the type that the graph takes."""
    wanted = TensorProto.DataType.Value(column.type[len("tensor(") : -1].upper())
    found = variable.type.to_onnx_type().tensor_type.elem_type
    if found == wanted:
        return str(variable.full_name)
    if column.kind != "number" or found not in NUMBERS:
        raise ConversionError(
            f"input {column.name!r}: expected {column.type}, "
            f"got tensor({TensorProto.DataType.Name(found).lower()})",
            hint=f"declare it as {column.type}; missing is written as {column.missing}",
        )
    cast = str(scope.get_unique_variable_name(f"{column.name}_double"))
    container.add_node("Cast", [variable.full_name], [cast], op_version=OPSET, to=wanted)
    return cast


def _rename_node(original: onnx.NodeProto, names: Mapping[str, str]) -> onnx.NodeProto:
    """A copy of a node with other names, inside its subgraphs too."""
    node = onnx.NodeProto()
    node.CopyFrom(original)
    node.input[:] = [names.get(name, name) for name in original.input]
    node.output[:] = [names.get(name, name) for name in original.output]
    for attribute in node.attribute:
        for inner in attribute.g.node:
            inner.CopyFrom(_rename_node(inner, names))
    return node


def _sort(container: Any) -> None:
    """Put every node behind those that it reads from."""
    pending = {name for node in container.nodes for name in node.output}
    waiting, ordered = list(container.nodes), []
    while waiting:
        later = []
        for node in waiting:
            if pending.isdisjoint(names_read_by(node)):
                pending.difference_update(node.output)
                ordered.append(node)
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise ConversionError(f"got a graph with a cycle through {later[0].op_type}")
        waiting = later
    container.nodes = ordered
