#!/usr/bin/env bash
# ONNX Cast from double to text, onnx 1.23.2 and onnxruntime 1.31.1.
#
# Guess: a double is written with the 17 digits that bring it back, as a float32 is with 9.
# Seen: onnxruntime writes 8 significant digits for both: 123456789.12345679 becomes
#   "1.2345679e+08", two doubles that differ by a tenth of a millionth become one text, and
#   reading the text back is off by up to 5e-8 relative. The reference implementation in the
#   package onnx writes all digits.
# So: a category that is made of a number inside a graph (a class label, a bin) must come from a
#   whole number or a table of texts, never from a double's own digits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    onnx==1.23.2 onnxruntime==1.31.1 numpy==1.26.4 2>/dev/null
ORT_DISABLE_TELEMETRY=1 "$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

graph = helper.make_graph(
    [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.STRING)],
    "cast",
    [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None])],
    [helper.make_tensor_value_info("y", TensorProto.STRING, [None])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
session = onnxruntime.InferenceSession(
    model.SerializeToString(), providers=["CPUExecutionProvider"]
)
values = np.array([1 / 3, 0.1 + 0.2, 123456789.12345679, 123456789.2])
runtime = session.run(None, {"x": values})[0].tolist()
reference = ReferenceEvaluator(model).run(None, {"x": values})[0].tolist()
for value, ours, theirs in zip(values.tolist(), runtime, reference, strict=True):
    print(f"{value!r}: onnxruntime {ours!r}, reference {theirs!r}")
assert runtime == ["0.33333333", "0.3", "1.2345679e+08", "1.2345679e+08"]
assert [float(text) for text in reference] == values.tolist()
PYTHON
