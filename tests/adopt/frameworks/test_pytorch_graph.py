from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConversionError
from tests.adopt.frameworks.networks import (
    Calls,
    Forecast,
    Vision,
    compare_answers,
    draw,
    export_model,
    nn,
    read_shapes,
)

pytestmark = pytest.mark.long


@pytest.mark.parametrize("attempt", ["first of the process", "second"])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_a_recurrent_network_takes_every_batch_and_length(
    kind: Any, attempt: str, tmp_path: Path
) -> None:
    model = kind(3, 4, batch_first=True, bidirectional=True).eval()
    axes = {"length": {"input": 1}}
    proto, session = export_model(model, {"input": draw(2, 5, 3)}, tmp_path, axes=axes)
    for batch, length in [(1, 1), (2, 5), (7, 11)]:
        compare_answers(model, session, {"input": draw(batch, length, 3)})
    assert read_shapes(proto.graph.input) == {"input": ["batch", "length", 3]}
    assert read_shapes(proto.graph.output)["output_0"] == ["batch", "length", 8]


def test_outputs_are_declared_as_they_are_and_named_in_the_models_order(tmp_path: Path) -> None:
    model = Forecast()
    axes = {"length": {"series": 1}}
    proto, session = export_model(model, {"series": draw(1, 5, 3)}, tmp_path, axes=axes)
    assert read_shapes(proto.graph.output) == {
        "forecast": ["batch", 1],
        "a": ["batch", "length", 8],
        "last_0": [2, "batch", 8],
        "last_1": [2, "batch", 8],
    }
    compare_answers(model, session, {"series": draw(3, 9, 3)})


def test_size_of_a_picture_is_dynamic_if_asked(tmp_path: Path) -> None:
    model = Vision()
    axes = {"height": {"image": 2}, "width": {"image": 3}}
    names = ("scores", "seen")
    proto, session = export_model(
        model, {"image": draw(2, 3, 9, 9)}, tmp_path, axes=axes, outputs=names
    )
    assert [shape[:2] for shape in read_shapes(proto.graph.output).values()] == [
        ["batch", 2],
        ["batch", 4],
    ]
    assert list(read_shapes(proto.graph.output)) == list(names)
    for size in [(1, 3, 9, 9), (4, 3, 16, 21)]:
        compare_answers(model, session, {"image": draw(*size)})


def test_graph_is_one_file_without_source_lines_of_the_model(tmp_path: Path) -> None:
    proto, _ = export_model(Vision(), {"image": draw(2, 3, 9, 9)}, tmp_path)
    assert not list(tmp_path.iterdir())
    assert b"test_pytorch" not in proto.SerializeToString()
    assert b"forward" not in proto.SerializeToString()


def test_an_axis_that_only_the_export_fixes_is_refused(tmp_path: Path) -> None:
    fixed = Calls(lambda x: x * 2 if x.shape[0] == 2 else x * 3)
    with pytest.raises(ConversionError, match="'batch'"):
        export_model(fixed, {"x": draw(2, 3)}, tmp_path)
