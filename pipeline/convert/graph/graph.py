"""Builds ONNX graphs; knows nothing about PyCaret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import helper, numpy_helper

from pipeline.convert.graph.subgraph import IR_VERSION, ML_OPSET, OPSET, adapt_model
from pipeline.convert.graph.tensor import BOOL, ELEMENT_TYPES, INT64, STRING, Operand, Shape, Tensor


class Graph:
    """Collects inputs, nodes and initializers, and builds the model once at the end."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._initializers: dict[tuple[Any, ...], onnx.TensorProto] = {}
        self._domains: dict[str, int] = {"": OPSET, "ai.onnx.ml": ML_OPSET}
        self._numbers: Iterator[int] = count(1)

    def input(self, name: str, dtype: Any, shape: Shape = ("N", 1)) -> Tensor:
        """Declare a graph input, of shape [N, 1] unless another is given."""
        element = np.dtype(dtype)
        self._inputs.append(helper.make_tensor_value_info(name, ELEMENT_TYPES[element], shape))
        return Tensor(self, name, element)

    def require(self, domain: str, version: int) -> None:
        """Declare an opset beyond the standard ones."""
        self._domains[domain] = version

    def constant(self, values: ArrayLike) -> Tensor:
        """An initializer; equal arrays share one."""
        array = np.asarray(values)
        if array.dtype.kind in "UO":
            array = np.array([str(v) for v in array.ravel()], dtype=object).reshape(array.shape)
        content = tuple(array.ravel()) if array.dtype == STRING else array.tobytes()
        key = (str(array.dtype), array.shape, content)
        if key not in self._initializers:
            self._initializers[key] = numpy_helper.from_array(array, self._name("const"))
        return Tensor(self, self._initializers[key].name, array.dtype)

    def lift(self, value: Operand, dtype: np.dtype[Any]) -> Tensor:
        """The tensor itself, or a constant of the given dtype."""
        if isinstance(value, Tensor):
            return value
        return self.constant(np.asarray(value, dtype=dtype))

    def binary(
        self, op_type: str, left: Tensor, right: Operand, dtype: np.dtype[Any] | None = None
    ) -> Tensor:
        """An operator with two inputs, the second lifted to the dtype of the first."""
        other = self.lift(right, left.dtype)
        return self.op(op_type, left, other, dtype=dtype or left.dtype)

    def where(self, condition: Operand, yes: Operand, no: Operand) -> Tensor:
        """Elementwise choice; two constants are taken in the dtype of the first."""
        dtype = next((v.dtype for v in (yes, no) if isinstance(v, Tensor)), np.asarray(yes).dtype)
        branches = (self.lift(yes, dtype), self.lift(no, dtype))
        return self.op("Where", self.lift(condition, BOOL), *branches, dtype=dtype)

    def concat(self, parts: Sequence[Tensor], axis: int = 1) -> Tensor:
        """Join tensors along one axis; a single one is returned as it is."""
        if len(parts) == 1:
            return parts[0]
        return self.op("Concat", *parts, dtype=parts[0].dtype, axis=axis)

    def affine(self, x: Tensor, weights: NDArray[Any], bias: ArrayLike) -> Tensor:
        """x @ weights + bias as one node: (N, F) @ (F, K) + (K,) -> (N, K)."""
        return self.op(
            "Gemm",
            x,
            self.constant(np.asarray(weights, dtype=x.dtype)),
            self.constant(np.asarray(bias, dtype=x.dtype)),
            dtype=x.dtype,
        )

    def op(
        self, op_type: str, *inputs: Tensor, dtype: Any, domain: str = "", **attributes: Any
    ) -> Tensor:
        """Emit one node with one output of the given dtype."""
        (output,) = self.emit(op_type, inputs, (dtype,), domain=domain, **attributes)
        return output

    def emit(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        dtypes: Sequence[Any],
        domain: str = "",
        **attributes: Any,
    ) -> tuple[Tensor, ...]:
        """Emit one node; one output per dtype."""
        names = [self._name(op_type.lower()) for _ in dtypes]
        sources = [tensor.name for tensor in inputs]
        self._nodes.append(helper.make_node(op_type, sources, names, domain=domain, **attributes))
        return tuple(Tensor(self, n, np.dtype(d)) for n, d in zip(names, dtypes, strict=True))

    def splice(self, model: onnx.ModelProto, feeds: Mapping[str, Tensor]) -> tuple[str, ...]:
        """Copy another model's nodes in, its inputs joined to ours; names of its outputs.

        Raises:
            ConversionError: it needs operators that this graph's opsets do not have.
        """
        named = {name: tensor.name for name, tensor in feeds.items()}
        nodes, initializers, outputs = adapt_model(model, named, self._name("spliced") + "/")
        self._nodes.extend(nodes)
        self._initializers.update({("spliced", tensor.name): tensor for tensor in initializers})
        return outputs

    def scan(self, step: Callable[[Tensor], Tensor], blocks: Tensor) -> Tensor:
        """Apply `step` to each block of the leading axis: (B, ...) -> (B, ...), stacked again.

        Tensors of this graph may stand in `step`, but only right of an operator: the left
        operand decides which graph a node goes to.
        """
        body = self._nested()
        block = Tensor(body, self._name("block"), blocks.dtype)
        result = step(block)
        return self.op(
            "Scan",
            blocks,
            dtype=result.dtype,
            body=helper.make_graph(body._nodes, "body", [_info(block)], [_info(result)]),
            num_scan_inputs=1,
        )

    def loop(
        self,
        step: Callable[[Sequence[Tensor]], tuple[Tensor, Sequence[Tensor]]],
        state: Sequence[Tensor],
        limit: int,
    ) -> tuple[Tensor, ...]:
        """Repeat `step` at most `limit` times; it answers (whether to go on, the new state).

        As in `scan`, tensors of this graph may stand in `step` right of an operator.
        """
        body = self._nested()
        turn = Tensor(body, self._name("turn"), INT64)
        going = Tensor(body, self._name("going"), BOOL)
        before = [Tensor(body, self._name("state"), tensor.dtype) for tensor in state]
        going_on, after = step(before)
        # onnxruntime asks for the shapes of a Loop's own scalars.
        inputs = [_info(turn, []), _info(going, []), *map(_info, before)]
        outputs = [_info(going_on, []), *map(_info, after)]
        return self.emit(
            "Loop",
            (self.constant(np.int64(limit)), self.constant(np.bool_(True)), *state),
            [tensor.dtype for tensor in after],
            body=helper.make_graph(body._nodes, "body", inputs, outputs),
        )

    def either(
        self,
        condition: Tensor,
        x: Tensor,
        yes: Callable[[Tensor], Tensor],
        no: Callable[[Tensor], Tensor],
    ) -> Tensor:
        """Apply `yes` to x if the condition, one bool, holds, else `no`; the other is not run.

        As in `scan`, tensors of this graph may stand in both right of an operator.
        """
        answers = [branch(Tensor(self._nested(), x.name, x.dtype)) for branch in (yes, no)]
        then, other = (
            helper.make_graph(answer.graph._nodes, "branch", [], [_info(answer)])
            for answer in answers
        )
        dtype = answers[0].dtype
        return self.op("If", condition, dtype=dtype, then_branch=then, else_branch=other)

    def _nested(self) -> Graph:
        """A graph for a subgraph's nodes; names and constants are the outer graph's."""
        inner = Graph()
        inner._numbers = self._numbers
        inner._initializers = self._initializers
        return inner

    def model(self, outputs: Mapping[str, tuple[Tensor, Shape]]) -> onnx.ModelProto:
        """Build and check the model: output name -> (tensor, shape).

        Nodes that no output needs are left out, so a converter may offer what nobody asks for.
        """
        infos = []
        for name, (tensor, shape) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [tensor.name], [name]))
            infos.append(helper.make_tensor_value_info(name, ELEMENT_TYPES[tensor.dtype], shape))
        nodes, names = _find_needed(self._nodes, outputs)
        # onnxruntime up to 1.21 names what it fuses after the nodes, and refuses a name twice.
        for number, node in enumerate(iterate_nodes(nodes)):
            node.name = f"{node.op_type}_{number}"
        initializers = [tensor for tensor in self._initializers.values() if tensor.name in names]
        graph = helper.make_graph(nodes, "pipeline", self._inputs, infos, initializers)
        opsets = [helper.make_opsetid(domain, v) for domain, v in self._domains.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _name(self, stem: str) -> str:
        # The prefix keeps our names apart from input columns, which may be called anything.
        return f"/{stem}_{next(self._numbers)}"


def _find_needed(
    nodes: Sequence[onnx.NodeProto], outputs: Iterable[str]
) -> tuple[list[onnx.NodeProto], set[str]]:
    """The nodes that the outputs depend on, in order, and every name they read."""
    names = set(outputs)
    kept = []
    for node in reversed(nodes):
        if names.intersection(node.output):
            names.update(names_read_by(node))
            kept.append(node)
    return kept[::-1], names


def names_read_by(node: onnx.NodeProto) -> Iterator[str]:
    """The names a node reads, those inside its subgraphs included."""
    for each in iterate_nodes([node]):
        yield from each.input


def iterate_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Every node, those inside subgraphs included."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            yield from iterate_nodes(attribute.g.node)


def _info(tensor: Tensor, shape: Shape | None = None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(tensor.name, ELEMENT_TYPES[tensor.dtype], shape)
