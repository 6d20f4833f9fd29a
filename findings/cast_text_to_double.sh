#!/usr/bin/env bash
# ONNX Cast from text to double, onnx 1.23.2 and onnxruntime 1.31.1.
#
# Guess: "1.5abc", "1,5", "1_000" and "0x10" are no numbers, so onnxruntime raises; denormal
#   numbers such as "4.9e-324" and tiny ones such as "1e-400" are read (the last one as 0).
# Seen: onnxruntime reads the longest beginning that C's strtod takes: 1.5, 1.0, 1.0 and 16.0, and
#   int64 of "3.7" and of "1e3" is 3 and 1, without an error; denormal and tiny numbers raise. The
#   operator's reference implementation in the package onnx does the opposite in each case, and
#   reads "1_000" as 1000.
# So: text that is to become numbers inside a graph cannot be checked by the graph. Here numbers
#   are parsed by the reader, outside of it.
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


def cast(text, element):
    """What onnxruntime and the reference evaluator make of one text; None where they raise."""
    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["y"], to=element)],
        "cast",
        [helper.make_tensor_value_info("x", TensorProto.STRING, [None])],
        [helper.make_tensor_value_info("y", element, [None])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {"x": np.array([text], dtype=object)}
    answers = []
    for run in (session.run, ReferenceEvaluator(model).run):
        try:
            answers.append(run(None, feed)[0].tolist()[0])
        except Exception:
            answers.append(None)
    return tuple(answers)


expected = {
    ("1.5abc", TensorProto.DOUBLE): (1.5, None),
    ("1,5", TensorProto.DOUBLE): (1.0, None),
    ("1_000", TensorProto.DOUBLE): (1.0, 1000.0),
    ("0x10", TensorProto.DOUBLE): (16.0, None),
    ("4.9e-324", TensorProto.DOUBLE): (None, 5e-324),
    ("1e-400", TensorProto.DOUBLE): (None, 0.0),
    ("3.7", TensorProto.INT64): (3, None),
    ("1e3", TensorProto.INT64): (1, None),
}
for (text, element), wanted in expected.items():
    found = cast(text, element)
    kind = TensorProto.DataType.Name(element).lower()
    print(f"{text!r} to {kind}: onnxruntime {found[0]}, reference {found[1]}")
    assert found == wanted, (text, found, wanted)
PYTHON
