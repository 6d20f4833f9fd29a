"""Writes ONNX nodes with NumPy's grammar; knows nothing about PyCaret.

A `Tensor` is a named edge of the graph under construction. Arithmetic on tensors emits nodes, and
Python numbers or arrays in an expression become constants of the tensor's own dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, defs, helper, numpy_helper

from pipeline.errors import ConversionError

OPSET = 21
ML_OPSET = 5
IR_VERSION = 10

STRING = np.dtype(object)
DOUBLE = np.dtype(np.float64)
FLOAT = np.dtype(np.float32)
INT64 = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)

ELEMENT_TYPES: Mapping[np.dtype[Any], int] = {
    STRING: TensorProto.STRING,
    DOUBLE: TensorProto.DOUBLE,
    FLOAT: TensorProto.FLOAT,
    INT64: TensorProto.INT64,
    BOOL: TensorProto.BOOL,
    np.dtype(np.int32): TensorProto.INT32,
    np.dtype(np.uint8): TensorProto.UINT8,
}

Shape = Sequence[str | int | None]


@dataclass(frozen=True, eq=False)
class Tensor:
    """One edge: the graph it belongs to, its name and its element dtype (object = string)."""

    graph: Graph
    name: str
    dtype: np.dtype[Any]

    def __add__(self, other: Operand) -> Tensor:
        return self.graph.binary("Add", self, other)

    def __sub__(self, other: Operand) -> Tensor:
        return self.graph.binary("Sub", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return self.graph.lift(other, self.dtype) - self

    def __mul__(self, other: Operand) -> Tensor:
        return self.graph.binary("Mul", self, other)

    def __truediv__(self, other: Operand) -> Tensor:
        return self.graph.binary("Div", self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return self.graph.lift(other, self.dtype) / self

    def __pow__(self, other: Operand) -> Tensor:
        return self.graph.binary("Pow", self, other)

    def __matmul__(self, other: Operand) -> Tensor:
        """Product of two matrices.

        A Gemm, because onnxruntime (1.31) joins a MatMul with a scalar factor before or after it
        and keeps that factor in single precision: 1e-8 relative, in a graph of doubles.
        """
        return self.graph.binary("Gemm", self, other)

    def __neg__(self) -> Tensor:
        return self.unary("Neg")

    __radd__ = __add__
    __rmul__ = __mul__

    def __gt__(self, other: Operand) -> Tensor:
        return self.graph.binary("Greater", self, other, BOOL)

    def __ge__(self, other: Operand) -> Tensor:
        return self.graph.binary("GreaterOrEqual", self, other, BOOL)

    def __lt__(self, other: Operand) -> Tensor:
        return self.graph.binary("Less", self, other, BOOL)

    def __le__(self, other: Operand) -> Tensor:
        return self.graph.binary("LessOrEqual", self, other, BOOL)

    def equal(self, other: Operand) -> Tensor:
        """Elementwise equality; `==` stays Python identity."""
        return self.graph.binary("Equal", self, other, BOOL)

    def __and__(self, other: Tensor) -> Tensor:
        return self.graph.binary("And", self, other)

    def __or__(self, other: Tensor) -> Tensor:
        return self.graph.binary("Or", self, other)

    def __invert__(self) -> Tensor:
        return self.unary("Not")

    def unary(self, op_type: str, dtype: np.dtype[Any] | None = None, **attributes: Any) -> Tensor:
        """Any operator with one input and one output, e.g. `x.unary("Exp")`."""
        return self.graph.op(op_type, self, dtype=dtype or self.dtype, **attributes)

    def exp(self) -> Tensor:
        return self.unary("Exp")

    def log(self) -> Tensor:
        return self.unary("Log")

    def sqrt(self) -> Tensor:
        return self.unary("Sqrt")

    def abs(self) -> Tensor:
        return self.unary("Abs")

    def floor(self) -> Tensor:
        return self.unary("Floor")

    def sigmoid(self) -> Tensor:
        return self.unary("Sigmoid")

    def softmax(self) -> Tensor:
        return self.unary("Softmax", axis=1)

    def isnan(self) -> Tensor:
        return self.unary("IsNaN", BOOL)

    def cast(self, dtype: Any) -> Tensor:
        """Convert the element type; the tensor itself when it has that type already."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self
        return self.graph.op("Cast", self, dtype=wanted, to=ELEMENT_TYPES[wanted])

    def clip(self, low: float, high: float) -> Tensor:
        """Limit the values to [low, high]; NaN stays NaN."""
        bounds = [self.graph.constant(np.array(v, dtype=self.dtype)) for v in (low, high)]
        return self.graph.op("Clip", self, *bounds, dtype=self.dtype)

    def reduce(self, op_type: str, axis: int = 1, keepdims: bool = True) -> Tensor:
        """A reduction such as ReduceSum, ReduceMax, ReduceMin or ReduceMean along one axis."""
        axes = self.graph.constant(np.array([axis], dtype=np.int64))
        return self.graph.op(op_type, self, axes, dtype=self.dtype, keepdims=int(keepdims))

    def sum(self, axis: int = 1, keepdims: bool = True) -> Tensor:
        return self.reduce("ReduceSum", axis, keepdims)

    def argmax(self, keepdims: bool = False) -> Tensor:
        """Index of the first largest value of each row: (N, K) -> (N,) int64."""
        return self.unary("ArgMax", INT64, axis=1, keepdims=int(keepdims))

    def topk(self, k: int, largest: bool) -> tuple[Tensor, Tensor]:
        """The k extreme values of each row in order, and their indices; ties by lowest index."""
        count = self.graph.constant(np.array([k], dtype=np.int64))
        values, indices = self.graph.emit(
            "TopK", (self, count), (self.dtype, INT64), axis=1, largest=int(largest), sorted=1
        )
        return values, indices

    def columns(self, indices: Sequence[int] | NDArray[np.int64]) -> Tensor:
        """Pick columns: (N, W) -> (N, len(indices))."""
        return self.gather(np.asarray(indices, dtype=np.int64), axis=1)

    def gather(self, indices: Operand, axis: int) -> Tensor:
        """ONNX Gather along one axis."""
        picked = self.graph.lift(indices, INT64)
        return self.graph.op("Gather", self, picked, dtype=self.dtype, axis=axis)

    def reshape(self, *shape: int) -> Tensor:
        target = self.graph.constant(np.array(shape, dtype=np.int64))
        return self.graph.op("Reshape", self, target, dtype=self.dtype)

    def round32(self) -> Tensor:
        """Round to float32 precision, carried on in the tensor's own dtype."""
        return self.cast(FLOAT).cast(self.dtype)


Operand = Tensor | ArrayLike


class Graph:
    """Collects inputs, nodes and initializers, and builds the model once at the end."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._initializers: dict[tuple[Any, ...], onnx.TensorProto] = {}
        self._domains: dict[str, int] = {"": OPSET, "ai.onnx.ml": ML_OPSET}
        self._numbers: Iterator[int] = count(1)

    def input(self, name: str, dtype: Any) -> Tensor:
        """Declare a graph input of shape [N, 1]."""
        element = np.dtype(dtype)
        self._inputs.append(helper.make_tensor_value_info(name, ELEMENT_TYPES[element], ["N", 1]))
        return Tensor(self, name, element)

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
        prefix = self._name("spliced") + "/"
        renamed = {name: tensor.name for name, tensor in feeds.items()}
        _refuse_foreign(model)
        matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
        for initializer in model.graph.initializer:
            copy = onnx.TensorProto()
            copy.CopyFrom(initializer)
            copy.name = renamed.setdefault(initializer.name, prefix + initializer.name)
            self._initializers[("spliced", copy.name)] = copy
        for node in model.graph.node:
            copied = onnx.NodeProto()
            copied.CopyFrom(node)
            copied.name = ""
            if node.op_type == "MatMul" and node.input[1] in matrices:
                copied.op_type = "Gemm"  # for the reason given at Tensor.__matmul__
            for names in (copied.input, copied.output):
                for i, name in enumerate(names):
                    names[i] = renamed.setdefault(name, prefix + name) if name else ""
            self._nodes.append(copied)
        return tuple(renamed[output.name] for output in model.graph.output)

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
        nodes, names = _needed(self._nodes, outputs)
        initializers = [tensor for tensor in self._initializers.values() if tensor.name in names]
        graph = helper.make_graph(nodes, "pipeline", self._inputs, infos, initializers)
        opsets = [helper.make_opsetid(domain, v) for domain, v in self._domains.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _name(self, stem: str) -> str:
        # The prefix keeps our names apart from input columns, which may be called anything.
        return f"/{stem}_{next(self._numbers)}"


def _refuse_foreign(model: onnx.ModelProto) -> None:
    """Only nodes that mean the same under our opsets may be copied."""
    for node in model.graph.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        opset = {"": OPSET, "ai.onnx.ml": ML_OPSET}.get(domain)
        if opset is None or defs.get_schema(node.op_type, opset, domain).deprecated:
            raise ConversionError(
                f"expected standard operators of opset {OPSET} and ai.onnx.ml {ML_OPSET}, "
                f"got {domain or 'ai.onnx'}.{node.op_type}",
                operator=node.op_type,
            )


def _needed(
    nodes: Sequence[onnx.NodeProto], outputs: Iterable[str]
) -> tuple[list[onnx.NodeProto], set[str]]:
    """The nodes that the outputs depend on, in order, and every name they read."""
    names = set(outputs)
    kept = []
    for node in reversed(nodes):
        if names.intersection(node.output):
            names.update(_reads(node))
            kept.append(node)
    return kept[::-1], names


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """The names a node reads, those inside its subgraphs included."""
    yield from node.input
    for attribute in node.attribute:
        for inner in attribute.g.node:
            yield from _reads(inner)


def _info(tensor: Tensor, shape: Shape | None = None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(tensor.name, ELEMENT_TYPES[tensor.dtype], shape)
