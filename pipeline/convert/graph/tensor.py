"""An edge of the graph under construction, written with NumPy's grammar.

Arithmetic on tensors emits nodes; Python numbers and arrays in an expression become constants of
the tensor's own dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto

if TYPE_CHECKING:
    from pipeline.convert.graph.graph import Graph

STRING = np.dtype(object)
DOUBLE = np.dtype(np.float64)
FLOAT = np.dtype(np.float32)
INT64 = np.dtype(np.int64)
INT32 = np.dtype(np.int32)
BOOL = np.dtype(np.bool_)

ELEMENT_TYPES: Mapping[np.dtype[Any], int] = {
    STRING: TensorProto.STRING,
    DOUBLE: TensorProto.DOUBLE,
    FLOAT: TensorProto.FLOAT,
    INT64: TensorProto.INT64,
    BOOL: TensorProto.BOOL,
    INT32: TensorProto.INT32,
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

    def columns_between(self, start: int, end: int) -> Tensor:
        """(N, W) -> (N, end - start); a Slice, which copies rows ten times as fast as a Gather."""
        ends = [self.graph.constant(np.array([v], dtype=np.int64)) for v in (start, end, 1)]
        return self.graph.op("Slice", self, *ends, dtype=self.dtype)

    def gather(self, indices: Operand, axis: int) -> Tensor:
        """ONNX Gather along one axis."""
        picked = self.graph.lift(indices, INT64)
        return self.graph.op("Gather", self, picked, dtype=self.dtype, axis=axis)

    def reshape(self, *shape: int) -> Tensor:
        target = self.graph.constant(np.array(shape, dtype=np.int64))
        return self.graph.op("Reshape", self, target, dtype=self.dtype)

    def within(self, inner: Tensor) -> Tensor:
        """This tensor as the left operand of nodes in the subgraph that `inner` belongs to."""
        return Tensor(inner.graph, self.name, self.dtype)

    def round32(self) -> Tensor:
        """Round to float32 precision, carried on in the tensor's own dtype."""
        return self.cast(FLOAT).cast(self.dtype)


Operand = Tensor | ArrayLike
