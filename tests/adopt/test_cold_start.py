from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from pipeline.adopt import cold_start


def test_text_is_fed_as_onnxruntime_takes_it(tmp_path: Path, capsys: Any) -> None:
    value = onnx.helper.make_tensor_value_info("word", onnx.TensorProto.STRING, ["batch", 1])
    out = onnx.helper.make_tensor_value_info("same", onnx.TensorProto.STRING, ["batch", 1])
    node = onnx.helper.make_node("Identity", ["word"], ["same"], name="same")
    graph = onnx.helper.make_graph([node], "words", [value], [out])
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "m.onnx"
    )
    np.savez(tmp_path / "feeds.npz", word=np.array([["Äpfel"]]))
    cold_start.main([str(tmp_path / "m.onnx"), str(tmp_path / "feeds.npz"), "CPUExecutionProvider"])
    said = json.loads(capsys.readouterr().out)
    assert said.keys() == {"import_seconds", "open_seconds", "first_seconds", "memory_bytes"}
