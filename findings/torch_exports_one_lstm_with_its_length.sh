#!/usr/bin/env bash
# torch.onnx.export of an LSTM with a dynamic length, torch 2.13.0, onnx 1.23.2.
#
# Guess: the same module exported twice in one process gives the same graph twice.
# Seen: the first export keeps batch and length dynamic. From the second on the input is declared
#   with the length of the example, without an error or a warning: the dispatcher remembers the
#   kernel that it chose during the first export, and the exporter's own decomposition of
#   aten.lstm is not asked for again.
# So: a service or a test that exports several recurrent networks must look at the axes of every
#   graph, or run each export in a process of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 numpy==1.26.4 2>/dev/null
"$work/venv/bin/python" - 2>/dev/null <<'PYTHON'
import contextlib
import io

import torch


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 4, batch_first=True)

    def forward(self, series):
        return self.lstm(series)[0]


axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
seen = []
for turn in range(3):
    with contextlib.redirect_stdout(io.StringIO()):
        program = torch.onnx.export(
            Network().eval(), (torch.zeros(2, 5, 1),), dynamic_shapes=(axes,), dynamo=True
        )
    dims = program.model_proto.graph.input[0].type.tensor_type.shape.dim
    seen.append([dim.dim_param or dim.dim_value for dim in dims])
    print(f"export {turn + 1}: input {seen[-1]}")
assert seen == [["batch", "length", 1], ["batch", 5, 1], ["batch", 5, 1]]
PYTHON
