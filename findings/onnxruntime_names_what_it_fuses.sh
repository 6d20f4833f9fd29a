#!/usr/bin/env bash
# A graph whose nodes have no names in onnxruntime 1.21.0 (and in 1.22.1).
#
# Guess: ONNX lets nodes go without a name, so what the checker of onnx 1.17.0 takes and onnxruntime
#   loads once (or without optimisations), it loads however large the graph becomes.
# Seen: what 1.21.0 fuses is named after the node it replaces. Where two tensors are each taken apart
#   column by column, both become a Split with the name "/GatherSliceToSplitFusion/", and the
#   session refuses its own graph: "This is an invalid model. Error: two nodes with same node name".
#   With one such tensor, with names or with optimisations off the graph loads; in 1.22.1 always.
# So: each node of our graphs has a name, as the oldest release of the manifest may be 1.18.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for release in 1.21.0 1.22.1; do
    python3.11 -m venv "$work/$release"
    "$work/$release/bin/pip" install -q --disable-pip-version-check \
        onnxruntime==$release onnx==1.17.0 numpy==1.26.4 2>/dev/null
    "$work/$release/bin/python" - <<'PYTHON'
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime import GraphOptimizationLevel as Level


def take_apart(tensors, named):
    """A model that takes each of some (N, 2) tensors apart into two columns."""
    columns = [helper.make_tensor(f"column{k}", TensorProto.INT64, [], [k]) for k in (0, 1)]
    inputs, outputs, nodes = [], [], []
    for x in (f"x{number}" for number in range(tensors)):
        inputs.append(helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", 2]))
        for column in columns:
            y = f"{x}_{column.name}"
            name = y if named else None
            nodes.append(helper.make_node("Gather", [x, column.name], [y], name, axis=1))
            outputs.append(helper.make_tensor_value_info(y, TensorProto.FLOAT, ["N"]))
    graph = helper.make_graph(nodes, "graph", inputs, outputs, columns)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )


def load(model, level=Level.ORT_ENABLE_ALL):
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.graph_optimization_level = 4, level
    try:
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as err:
        return str(err).split(" : ")[-1]
    return "loads"


print("onnxruntime", onnxruntime.__version__)
seen = {
    "one tensor, no names": load(take_apart(1, named=False)),
    "two tensors, named": load(take_apart(2, named=True)),
    "two, no names, not optimised": load(take_apart(2, named=False), Level.ORT_DISABLE_ALL),
    "two tensors, no names": load(take_apart(2, named=False)),
}
for what, answer in seen.items():
    print(f"  {what}: {answer}")
unnamed = seen.pop("two tensors, no names")
assert set(seen.values()) == {"loads"}
if onnxruntime.__version__ == "1.22.1":
    assert unnamed == "loads"
else:
    assert "two nodes with same node name" in unnamed
PYTHON
done
