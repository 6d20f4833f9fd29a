"""What the check of a model's files costs when it is opened: `python -m benchmarks.opening`.

Models of about 1 and 100 MB, of trees and of one table as nearest neighbours keep it, each opened
with and without the list of files beside it, in turns; the least processor time of each is printed,
which other programs on the machine do not change.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.manifest import METADATA_KEY, Manifest, Output
from pipeline.manifest.columns import Input
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer

TURNS = {1: 25, 100: 5}
DEPTH = 12
COLUMNS = tuple(Input(f"x{k}", "number") for k in range(4))
LABEL = Output("prediction_label", "tensor(double)", ("N",))


def trees(megabytes: int) -> bytes:
    """Complete trees, as a forest has them."""
    nodes, leaves = 2 ** (DEPTH + 1) - 1, 2**DEPTH
    count = max(1, round(megabytes / 0.245))
    inner = nodes - leaves
    place = np.arange(nodes)
    rng = np.random.default_rng(0)
    values = np.where(place < inner, rng.normal(size=(count, nodes)), 0.0)
    made = helper.make_node(
        "TreeEnsembleRegressor",
        ["matrix"],
        ["column32"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=np.repeat(np.arange(count), nodes).tolist(),
        nodes_nodeids=np.tile(place, count).tolist(),
        nodes_featureids=np.tile(place % len(COLUMNS), count).tolist(),
        nodes_modes=np.tile(np.where(place < inner, "BRANCH_LEQ", "LEAF"), count).tolist(),
        nodes_truenodeids=np.tile(np.where(place < inner, 2 * place + 1, 0), count).tolist(),
        nodes_falsenodeids=np.tile(np.where(place < inner, 2 * place + 2, 0), count).tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(values.ravel(), "values"),
        target_treeids=np.repeat(np.arange(count), leaves).tolist(),
        target_nodeids=np.tile(place[inner:], count).tolist(),
        target_ids=[0] * (count * leaves),
        target_weights_as_tensor=numpy_helper.from_array(
            rng.normal(size=count * leaves), "weights"
        ),
    )
    cast = helper.make_node("Cast", ["column32"], ["column"], to=TensorProto.DOUBLE)
    return _model([made, cast], {})


def table(megabytes: int) -> bytes:
    """One constant, as nearest neighbours keep their rows."""
    rows = np.random.default_rng(0).normal(size=(len(COLUMNS), megabytes * 2**17 // 4))
    nodes = [
        helper.make_node("MatMul", ["matrix", "rows"], ["product"]),
        helper.make_node("ReduceMax", ["product", "last"], ["column"]),
    ]
    return _model(nodes, {"rows": rows, "last": np.array([1])})


def _model(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> bytes:
    names = [column.name for column in COLUMNS]
    whole = [
        helper.make_node("Concat", names, ["matrix"], axis=1),
        *nodes,
        helper.make_node("Reshape", ["column", "flat"], [LABEL.name]),
    ]
    graph = helper.make_graph(
        whole,
        "benchmark",
        [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", 1]) for name in names],
        [helper.make_tensor_value_info(LABEL.name, TensorProto.DOUBLE, ["N"])],
        [numpy_helper.from_array(v, k) for k, v in {**constants, "flat": np.array([-1])}.items()],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    manifest = Manifest("b", "regression", "y", "rf", "Random Forest", COLUMNS, (LABEL,))
    helper.set_model_props(model, {METADATA_KEY: manifest.to_json(indent=None)})
    return bytes(model.SerializeToString())


def main() -> None:
    """Print milliseconds of processor time with and without the list, and what it adds."""
    Scorer(table(1))  # imports onnxruntime
    for make in (trees, table):
        for megabytes, turns in TURNS.items():
            data = make(megabytes)
            with tempfile.TemporaryDirectory() as name:
                bare, listed = _kept(Path(name, "bare"), data), _kept(Path(name, "listed"), data)
                integrity.write_checksums(listed.parent)
                without, checked = _least((bare, listed), turns)
            added = checked - without
            print(
                f"{make.__name__:<6} {len(data) / 2**20:6.1f} MB: {1e3 * without:8.1f} ms, checked "
                f"{1e3 * checked:8.1f} ms: {1e3 * added:+.1f} ms, {added / without:+.1%}"
            )


def _kept(folder: Path, data: bytes) -> Path:
    folder.mkdir()
    (file := folder / integrity.MODEL).write_bytes(data)
    return file


def _least(files: tuple[Path, Path], turns: int) -> list[float]:
    return [min(times) for times in zip(*(map(_timed, files) for _ in range(turns)), strict=True)]


def _timed(file: Path, opening: Callable[[Path], object] = Scorer) -> float:
    began = time.process_time()
    opening(file)
    return time.process_time() - began


if __name__ == "__main__":
    main()
