from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from pipeline.adopt.cold_start import read_memory
from pipeline.adopt.latency import Reference, compare_speed, measure_cold_start, time_calls
from pipeline.errors import UsageError
from pipeline.manifest.tensors import Tensor

INPUT = Tensor("x", "float32", ("batch", 3))
FEEDS = {"x": np.ones((4, 3), np.float32)}


@pytest.fixture(scope="module")
def graph() -> bytes:
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Add", ["x", "x"], ["y"], name="add")
    ends = [value(name, onnx.TensorProto.FLOAT, ["batch", 3]) for name in "xy"]
    made = onnx.helper.make_graph([node], "double", ends[:1], ends[1:])
    opsets = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(made, opset_imports=opsets, ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def double(feeds: Any) -> Any:
    return {"y": feeds["x"] * 2}


def test_every_provider_and_batch_is_timed_beside_the_framework(graph: bytes) -> None:
    found = compare_speed(
        graph, Reference("numpy", double, [INPUT], FEEDS), [INPUT], FEEDS, batches=(1, 9)
    )
    runners = ["numpy", *onnxruntime.get_available_providers()]
    assert [(each.runner, each.batch) for each in found.timings] == [
        (runner, batch) for batch in (1, 9) for runner in runners
    ]
    assert all(0 < each.median <= each.slow for each in found.timings)
    own, ours = found.timings[:2]
    assert ours.speedup == pytest.approx(own.median / ours.median)
    assert found.file_bytes == len(graph)
    assert [each.provider for each in found.starts] == onnxruntime.get_available_providers()
    assert json.loads(found.to_json())["file_bytes"] == len(graph)
    assert len(found.to_figures()) == len(found.timings)
    assert len(found.to_notes()) == 2 + len(found.starts)


def test_a_batch_that_the_model_refuses_is_left_out(graph: bytes) -> None:
    def refuse(feeds: Any) -> Any:
        if len(feeds["x"]) > 2:
            raise UsageError("two rows at most")
        return double(feeds)

    found = compare_speed(
        graph, Reference("numpy", refuse, [INPUT], FEEDS), [INPUT], FEEDS, batches=(2, 3)
    )
    assert {each.batch for each in found.timings} == {2}


def test_a_slow_call_is_not_repeated_for_ever() -> None:
    calls: list[int] = []
    found = time_calls("counted", 1, lambda: calls.append(1))
    assert found.calls == 500
    assert len(calls) == found.calls + 3


def test_a_cold_start_is_that_of_another_process(graph: bytes) -> None:
    found = measure_cold_start(graph, FEEDS, "CPUExecutionProvider")
    assert found.open_seconds > 0
    assert found.import_seconds > found.first_seconds
    assert found.memory_bytes >= 0
    assert read_memory() > 1e6
