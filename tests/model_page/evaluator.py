"""The page's evaluator in Node.js, asked from here: one process for as many graphs as are tried."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.model_page.graph_json import EVALUATOR, TYPES, encode_array, write_graph
from tests.commands import needed

PROGRAM = """
import { createInterface } from "node:readline";
import { Graph, OPERATORS } from %s;
console.log(JSON.stringify(Object.keys(OPERATORS)));
const coded = ({ buffer }) => Buffer.from(buffer).toString("base64");
const text = ({ data }) => (Array.isArray(data) ? data : coded(data));
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { graph, feeds } = JSON.parse(line);
    const read = new Graph({ inputs: [], outputs: [], nodes: [], tensors: feeds }).constants;
    const found = [...new Graph(graph).run(read)];
    const listed = found.map(([name, each]) => [name, each.type, each.dims, text(each)]);
    console.log(JSON.stringify(listed));
  } catch (error) {
    console.log(JSON.stringify(error.message));
  }
}
"""
_DTYPES = {short: name for name, short in TYPES.items()}


@dataclass(frozen=True)
class Evaluator:
    """Attributes: operators: the names in its table."""

    process: subprocess.Popen[str]
    operators: tuple[str, ...]

    def run(
        self, model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """The graph's outputs; an AssertionError with what the evaluator says if it fails."""
        given = [[name, encode_array(np.asarray(value))] for name, value in feeds.items()]
        found = self._ask({"graph": write_graph(model.graph), "feeds": given})
        assert isinstance(found, list), found
        return {name: _decode(*rest) for name, *rest in found}

    def _ask(self, question: object) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def _decode(kind: str, dims: list[int], data: Any) -> NDArray[Any]:
    import base64

    if kind == "str":
        return np.array(data, dtype=object).reshape(dims)
    return np.frombuffer(base64.b64decode(data), dtype=_DTYPES[kind]).reshape(dims)


@contextmanager
def started() -> Iterator[Evaluator]:
    """A process of Node.js that evaluates graphs."""
    node = needed(shutil.which("node"), "node")
    program = PROGRAM % json.dumps(EVALUATOR.as_uri())
    with subprocess.Popen(
        [node, "--input-type=module", "-e", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        yield Evaluator(process, tuple(json.loads(process.stdout.readline())))
        process.stdin.close()


def onnxruntime_answers(
    model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """What onnxruntime answers."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, dict(feeds)), strict=True))


def assert_same(
    found: Mapping[str, NDArray[Any]], expected: Mapping[str, NDArray[Any]], bound: float = 1e-12
) -> None:
    """The same shapes, types and values; numbers within the bound, relative beyond 1."""
    assert found.keys() == expected.keys()
    for name, wanted in expected.items():
        got = found[name]
        assert got.shape == wanted.shape, name
        if wanted.dtype.kind != "f":
            assert got.tolist() == wanted.tolist(), name
            continue
        assert got.dtype == wanted.dtype, name
        np.testing.assert_allclose(got, wanted, rtol=bound, atol=bound, err_msg=name)
