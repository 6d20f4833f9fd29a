"""Adds outputs that warn to a graph: which columns of a row training saw nothing like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.manifest import WORD, Mask, Warned
from pipeline.manifest.columns import Input, Kind, Known
from pipeline.runtime.grammar import NAT
from pipeline.runtime.masks import WARNS

_MEANINGS: Mapping[Warned, str] = {
    "missing": "has no value, and had one in every row of training",
    "unseen": "holds a text that training never saw",
    "range": "is below the smallest or above the largest value of training",
}
_KNOWN, _UNSEEN, _MISSING = range(3)
"""What a text is, as a number."""


def add_row_warnings(
    model: onnx.ModelProto, inputs: Sequence[Input]
) -> tuple[onnx.ModelProto, tuple[Mask, ...]]:
    """A copy of a graph with three outputs more, (N, W) int32 each; its answers stay its own.

        numbers (N, a) ─IsNaN, Less, Greater───────────┐
        texts   (N, 1) ─LabelEncoder─► 0, 1, 2 ─Equal──┼─Concat─► (N, C) ─MatMul(2^k)─► (N, W)
        dates   (N, b) ─Equal, Less, Greater───────────┘

    Words of 31 bits are int32: JavaScript has int64 as BigInt alone, and R not at all.

    Args:
        model: takes the inputs, and no other.
        inputs: what training saw of each decides; a column without that is never warned of.
    """
    warned = onnx.ModelProto()
    warned.CopyFrom(model)
    masks = tuple(_describe_mask(warns, inputs) for warns in WARNS)
    part = _Part(warned.graph)
    flags = [flags for add in (_numbers, _texts, _dates) for flags in add(part, inputs)]
    for mask in masks:
        part.add_mask(
            mask, [(name, places) for warns, name, places in flags if warns == mask.warns]
        )
    onnx.checker.check_model(warned, full_check=True)
    return warned, masks


def _describe_mask(warns: Warned, inputs: Sequence[Input]) -> Mask:
    name = f"warning_{warns}"
    while name in {each.name for each in inputs}:
        name += "_"
    meaning = f"bit k % {WORD} of word k // {WORD} is set where inputs[k] {_MEANINGS[warns]}"
    return Mask(name, warns, meaning, shape=("N", -(-len(inputs) // WORD)))


Flags = tuple[Warned, str, list[int]]
"""Of what, the name of a tensor (N, n) of bool, and the places of its n columns."""


Column = tuple[int, str, Known]
"""Its place among the inputs, its name, and what training saw of it."""


class _Part:
    """Adds nodes and constants to a graph, under names that it does not have."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._prefix = "/warnings/"
        taken = {name for node in graph.node for name in (*node.input, *node.output)}
        while any(name.startswith(self._prefix) for name in taken):
            self._prefix += "_"
        self._count = 0

    def op(self, op_type: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        name = self._name()
        node = helper.make_node(op_type, [*inputs], [name], name, domain=domain, **attributes)
        self._graph.node.append(node)
        return name

    def constant(self, values: Any) -> str:
        """Add an initializer, and return its name."""
        name = self._name()
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def join(self, names: Sequence[str]) -> str:
        """One (N, n) of n columns."""
        return self.op("Concat", *names, axis=1)

    def add_mask(self, mask: Mask, flags: Sequence[tuple[str, list[int]]]) -> None:
        """Add an output: flags (N, n) times powers of two."""
        words = int(mask.shape[1])
        if flags:
            places = [place for _, part in flags for place in part]
            joined = self.op("Cast", self.join([name for name, _ in flags]), to=TensorProto.DOUBLE)
            powers = self.constant(_make_powers(places, words))
            mask_name = self.op("Cast", self.op("MatMul", joined, powers), to=TensorProto.INT32)
        else:
            rows = self.op("Shape", self._graph.input[0].name, start=0, end=1)
            shape = self.op("Concat", rows, self.constant(np.array([words])), axis=0)
            nothing = numpy_helper.from_array(np.zeros(1, dtype=np.int32))
            mask_name = self.op("ConstantOfShape", shape, value=nothing)
        self._graph.node.append(
            helper.make_node("Identity", [mask_name], [mask.name], self._name())
        )
        info = helper.make_tensor_value_info(mask.name, TensorProto.INT32, ["N", words])
        self._graph.output.append(info)

    def _name(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count}"


def _make_powers(places: Sequence[int], words: int) -> Any:
    """(n, W): the bit of each column in its word."""
    powers = np.zeros((len(places), words))
    for row, place in enumerate(places):
        powers[row, place // WORD] = 2.0 ** (place % WORD)
    return powers


def _select(inputs: Sequence[Input], kind: Kind) -> list[Column]:
    return [
        (place, each.name, each.known)
        for place, each in enumerate(inputs)
        if each.kind == kind and each.known is not None
    ]


def _numbers(part: _Part, inputs: Sequence[Input]) -> Iterator[Flags]:
    yield from _values(
        part, _select(inputs, "number"), np.float64, lambda values: part.op("IsNaN", values)
    )


def _dates(part: _Part, inputs: Sequence[Input]) -> Iterator[Flags]:
    if columns := _select(inputs, "date"):
        nat = part.constant(np.array(NAT, dtype=np.int64))
        yield from _values(part, columns, np.int64, lambda values: part.op("Equal", values, nat))


def _values(
    part: _Part, columns: Sequence[Column], dtype: Any, find_gaps: Callable[[str], str]
) -> Iterator[Flags]:
    """Gaps, and what is out of range and no gap, of columns of one type."""
    if complete := [each for each in columns if not each[2].missing]:
        gaps = find_gaps(part.join([name for _, name, _ in complete]))
        yield "missing", gaps, [place for place, *_ in complete]
    if ranged := [each for each in columns if each[2].minimum is not None]:
        values = part.join([name for _, name, _ in ranged])
        least = part.constant(np.array([[known.minimum for *_, known in ranged]], dtype=dtype))
        most = part.constant(np.array([[known.maximum for *_, known in ranged]], dtype=dtype))
        outside = part.op("Or", part.op("Less", values, least), part.op("Greater", values, most))
        present = part.op("Not", find_gaps(values))
        yield "range", part.op("And", outside, present), [place for place, *_ in ranged]


def _texts(part: _Part, inputs: Sequence[Input]) -> Iterator[Flags]:
    columns = _select(inputs, "text")
    complete = [each for each in columns if not each[2].missing]
    listed = [each for each in columns if each[2].categories is not None]
    codes = {place: _encode(part, name, known) for place, name, known in columns}
    for code, chosen in ((_MISSING, complete), (_UNSEEN, listed)):
        if places := [place for place, *_ in chosen]:
            found = part.join([codes[place] for place in places])
            flags = part.op("Equal", found, part.constant(np.int64(code)))
            yield "missing" if code == _MISSING else "unseen", flags, places


def _encode(part: _Part, name: str, known: Known) -> str:
    keys = {**dict.fromkeys(known.categories or (), _KNOWN), "": _MISSING}
    return part.op(
        "LabelEncoder",
        name,
        domain="ai.onnx.ml",
        keys_strings=[*keys],
        values_int64s=[*keys.values()],
        default_int64=_KNOWN if known.categories is None else _UNSEEN,
    )
