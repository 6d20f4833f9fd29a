"""Reduces an ONNX graph to boxes and connections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from pipeline.manifest import Output
from pipeline.rendering.wording import format_count
from pipeline.report.graph_layout import Edge

if TYPE_CHECKING:
    import onnx

LARGEST = 300
"""Nodes up to which each gets a box of its own."""
NAMES = 10
"""Column names listed in one box."""
STANDARD = ("", "ai.onnx", "ai.onnx.ml")
CONSTANT_LIMIT = 2

Kind = Literal["input", "operator", "model", "output"]


class Column(Protocol):
    """What is drawn of an input: its name, and its kind or dtype."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Box:
    """One box: a title, smaller lines below it, and all there is to know as a tooltip."""

    kind: Kind
    title: str
    lines: tuple[str, ...] = ()
    hover: str = ""


@dataclass(frozen=True)
class Diagram:
    """Boxes, numbered so that an edge leads from a lower to a higher number."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def build_diagram(
    model: onnx.ModelProto, inputs: Sequence[Column], outputs: Sequence[Output]
) -> Diagram:
    """A box per node and output; inputs of one kind with the same readers share a box.

    A graph of more than `LARGEST` nodes is drawn as one box that counts its operators.
    """
    nodes = list(model.graph.node)
    if len(nodes) > LARGEST:
        return summarize_graph(model, inputs, outputs)
    readers = _readers(nodes)
    groups: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    for column in inputs:
        groups[column.kind, tuple(readers.get(column.name, ()))].append(column.name)
    first, last = len(groups), len(groups) + len(nodes)
    constants = _constants(model.graph)
    boxes = [_columns(kind, names) for (kind, _), names in groups.items()]
    boxes += [_operator(node, constants) for node in nodes]
    boxes += [_output(output) for output in outputs]
    edges = [(box, first + i) for box, (_, users) in enumerate(groups) for i in users]
    for i, node in enumerate(nodes):
        edges += [(first + i, first + user) for name in node.output for user in readers[name]]
        edges += [(first + i, last + k) for k, o in enumerate(outputs) if o.name in node.output]
    return Diagram(tuple(boxes), tuple(sorted(set(edges))))


def count_nodes(graph: onnx.GraphProto) -> int:
    """Nodes of a graph and of everything inside them."""
    return sum(1 + sum(count_nodes(inner) for inner in _inner(node)) for node in graph.node)


def summarize_graph(
    model: onnx.ModelProto, inputs: Sequence[Column], outputs: Sequence[Output]
) -> Diagram:
    """One box per kind of input, one that counts the operators, and one per output."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for column in inputs:
        kinds[column.kind].append(column.name)
    boxes = [_columns(kind, names) for kind, names in kinds.items()]
    counts = Counter(node.op_type for node in model.graph.node).most_common()
    lines = [f"{name} × {number}" for name, number in counts]
    middle = len(boxes)
    boxes.append(
        Box("model", f"{sum(n for _, n in counts)} operators", _few(lines), "\n".join(lines))
    )
    boxes += [_output(output) for output in outputs]
    edges = [(i, middle) for i in range(middle)]
    edges += [(middle, middle + 1 + k) for k in range(len(outputs))]
    return Diagram(tuple(boxes), tuple(edges))


def _readers(nodes: Iterable[onnx.NodeProto]) -> Mapping[str, list[int]]:
    """Tensor name to the nodes that read it, be it from within their own graphs."""
    readers: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        for name in dict.fromkeys(_read(node)):
            readers[name].append(i)
    return readers


def _read(node: onnx.NodeProto) -> Iterator[str]:
    yield from node.input
    for graph in _inner(node):
        made = {o for inner in graph.node for o in inner.output} | {i.name for i in graph.input}
        yield from (name for inner in graph.node for name in _read(inner) if name not in made)


def _inner(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    return [a.g for a in node.attribute if a.HasField("g")]


def _columns(kind: str, names: Sequence[str]) -> Box:
    hover = f"{kind}: {', '.join(names)}"
    if len(names) == 1:
        return Box("input", names[0], (kind,), hover)
    return Box("input", f"{kind} × {len(names)}", _few(names), hover)


def _output(output: Output) -> Box:
    shape = " × ".join(map(str, output.shape))
    return Box("output", output.name, (f"{output.type} [{shape}]",))


def _operator(node: onnx.NodeProto, constants: Mapping[str, str]) -> Box:
    domain = "" if node.domain in STANDARD else f"{node.domain}."
    lines = [*_facts(node), *_with(node, constants)]
    hover = "\n".join([f"reads {', '.join(node.input)}", f"makes {', '.join(node.output)}"])
    is_model = node.op_type.startswith(("TreeEnsemble", "SVM"))
    return Box("model" if is_model else "operator", domain + node.op_type, tuple(lines), hover)


def _facts(node: onnx.NodeProto) -> Iterator[str]:
    """What the node's attributes say about its size."""
    attributes = {a.name: a for a in node.attribute}
    if node.op_type.startswith("TreeEnsemble"):
        if "tree_roots" in attributes:  # TreeEnsemble, ai.onnx.ml 5
            yield format_count(len(attributes["tree_roots"].ints), "tree")
            yield format_count(len(attributes["nodes_featureids"].ints), "split")
            yield format_count(len(attributes["leaf_targetids"].ints), "leaf", "leaves")
        elif "nodes_treeids" in attributes:  # TreeEnsembleRegressor and -Classifier
            yield format_count(len(set(attributes["nodes_treeids"].ints)), "tree")
            yield format_count(len(attributes["nodes_treeids"].ints), "node")
    if node.op_type == "Cast":
        yield f"to {_type_name(attributes['to'].i)}"
    if node.op_type == "Concat" and len(node.input) > CONSTANT_LIMIT:
        yield f"{len(node.input)} tensors"
    for name, attribute in attributes.items():
        if name.startswith("keys_"):
            keys = list(attribute.t.dims) or [len(attribute.strings) + len(attribute.ints)]
            yield format_count(keys[0], "key")
    if inner := sum(count_nodes(graph) for graph in _inner(node)):
        yield f"{format_count(inner, 'node')} inside"


def _with(node: onnx.NodeProto, constants: Mapping[str, str]) -> list[str]:
    """Shapes of the constants it reads; single values are left out."""
    shapes = [constants[name] for name in node.input if constants.get(name)]
    return [f"constant {shape}" for shape in shapes[:CONSTANT_LIMIT]]


def _constants(graph: onnx.GraphProto) -> dict[str, str]:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return {
        name: " × ".join(map(str, dims))
        for name, dims in shapes.items()
        if max(dims, default=1) > 1
    }


def _type_name(number: int) -> str:
    import onnx

    return str(onnx.TensorProto.DataType.Name(number)).lower()


def _few(names: Sequence[str]) -> tuple[str, ...]:
    rest = len(names) - NAMES
    return (*names[:NAMES], *([f"and {rest:,} more"] if rest > 0 else []))
