"""Finds the oldest onnxruntime that runs a graph.

Measured with the releases themselves: 1.17.3 refuses opset 21 and IR version 10 while it loads,
1.18.0 takes both. Of 312 graphs that the tests of the converters make it refuses those with trees
of ai.onnx.ml 5, as 1.20.1 does, and 1.21.0 loads them all. What a release says of itself counts for
less: by its own table 1.18 has ai.onnx.ml 4, and it runs everything else of 5.
`python -m pipeline.conformance --only minimum` replays a model's golden rows with the release that
is found here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.convert.graph.graph import iterate_nodes

if TYPE_CHECKING:
    import onnx

SINCE_OPERATOR: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("ai.onnx.ml", "TreeEnsemble"): (1, 21),
}
"""First release with an operator, by domain and name; those of `SINCE_OPSET` are not listed."""
SINCE_OPSET: Mapping[int, tuple[int, ...]] = {21: (1, 18), 22: (1, 21), 23: (1, 22)}
"""First release with an opset of ai.onnx, and the IR versions that came before it."""


def find_oldest_onnxruntime(model: onnx.ModelProto) -> str:
    """The first release, such as 1.18, that loads a graph of ours and runs it.

    Raises:
        KeyError: the graph is of an opset that nobody has tried.
    """
    (opset,) = (entry.version for entry in model.opset_import if not entry.domain)
    needed = {SINCE_OPSET[max(opset, min(SINCE_OPSET))]}
    for node in iterate_nodes(model.graph.node):
        needed.add(SINCE_OPERATOR.get((node.domain, node.op_type), (0,)))
    return ".".join(map(str, max(needed)))
