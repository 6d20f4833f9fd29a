#!/usr/bin/env bash
# model.export(format="onnx") of a Keras model that standardises its input, keras 3.15.0 with
# tensorflow 2.21.0, tf2onnx 1.17.0 and onnxruntime 1.31.1.
#
# Guess: mean and variance that a Normalization layer has learnt are constants of the graph.
# Seen: the export succeeds, and the graph asks for them: beside the model's one input it has two
#   more, named after the layer's Sub and Sqrt, without a value. onnxruntime refuses to run it with
#   the model's input alone. A Dense layer's weights are constants, as they should be.
# So: a Keras model that was adapted to its data is exported by another way (a SavedModel through
#   keras.export.ExportArchive, then tf2onnx), and every graph's inputs are held against the model's.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.0 tensorflow-cpu==2.21.0 \
    tf2onnx==1.17.0 onnx==1.23.2 onnxruntime==1.31.1 numpy==1.26.4 2>/dev/null
cd "$work"
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "$work/venv/bin/python" - 2>/dev/null <<'PYTHON'
import keras
import numpy as np
import onnxruntime

normal = keras.layers.Normalization()
normal.adapt(np.array([[1, 10], [3, 30], [5, 80]], dtype="float32"))
model = keras.Sequential([keras.Input((2,), name="x"), normal, keras.layers.Dense(1)])
rows = np.array([[2, 20]], dtype="float32")
print("keras:", model.predict(rows, verbose=0).shape)
model.export("model.onnx", format="onnx", verbose=False)
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
names = [each.name for each in session.get_inputs()]
print("inputs of the graph:", names)
try:
    session.run(None, {names[0]: rows})
    said = "answered"
except Exception as error:
    said = str(error)
print("onnxruntime:", said)
assert names[0] == "x"
assert len(names) == 3
assert all("normalization" in name for name in names[1:])
assert "missing from input feed" in said
PYTHON
