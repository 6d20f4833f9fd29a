from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.adopt.framework import find_framework
from pipeline.adopt.frameworks.pytorch import PyTorch, flatten_outputs
from pipeline.errors import ConversionError, UsageError
from tests.adopt.frameworks.networks import (
    TORCH,
    Calls,
    Vision,
    compare_answers,
    draw,
    export_model,
    nn,
    read_shapes,
    torch,
)

pytestmark = pytest.mark.long


def test_inputs_are_named_and_ordered_by_forward_whatever_the_samples_order(tmp_path: Path) -> None:
    class Difference(nn.Module):
        def forward(self, b: Any, a: Any, scale: Any = None) -> Any:
            return a.sum(1) - 2 * b.sum(1)

    arrays = {"a": draw(3, 4), "b": draw(3, 5)}
    proto, session = export_model(Difference(), arrays, tmp_path)
    assert list(read_shapes(proto.graph.input)) == ["b", "a"]
    compare_answers(Difference(), session, arrays)


def test_settings_rename_inputs_in_forwards_order(tmp_path: Path) -> None:
    class Difference(nn.Module):
        def forward(self, b: Any, a: Any) -> Any:
            return a.sum(1) - 2 * b.sum(1)

    arrays = {"left": draw(3, 5), "right": draw(3, 4)}
    proto, session = export_model(Difference(), arrays, tmp_path, inputs=("left", "right"))
    assert list(read_shapes(proto.graph.input)) == ["left", "right"]
    compare_answers(Difference(), session, arrays)


def test_a_lone_array_needs_no_name(tmp_path: Path) -> None:
    _, session = export_model(Vision(), draw(2, 3, 9, 9), tmp_path)
    assert session.get_inputs()[0].name == "input"


def test_names_that_forward_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'picture'.*'image'"):
        export_model(Vision(), {"picture": draw(2, 3, 9, 9)}, tmp_path)


def test_too_few_names_of_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="output_0, output_1"):
        export_model(Vision(), {"image": draw(2, 3, 9, 9)}, tmp_path, outputs=("scores",))


def test_every_subclass_of_a_module_is_taken_by_the_name_of_its_base() -> None:
    assert isinstance(find_framework(Vision()), PyTorch)
    assert not TORCH.accepts(np.zeros(3))


@pytest.mark.parametrize("part", ["whole", "drop", "norm"])
def test_training_mode_is_refused(part: str) -> None:
    model = Vision()
    model.eval()
    (model if part == "whole" else getattr(model, part)).train()
    with pytest.raises(UsageError, match=r"training mode.*(Dropout|BatchNorm)") as caught:
        TORCH.check(model)
    assert "eval()" in caught.value.hint


def test_evaluation_mode_is_taken_and_lost_weights_are_said() -> None:
    model = Vision().eval()
    assert TORCH.check(model) == []
    with torch.no_grad():
        model.head.bias.fill_(float("nan"))
    assert "head.bias" in TORCH.check(model)[0]


def test_an_axis_that_the_model_fixes_is_refused(tmp_path: Path) -> None:
    fixed = Calls(lambda x: x.reshape(2, 3).sum(1))
    with pytest.raises(ConversionError, match="'batch' has to be dynamic"):
        export_model(fixed, {"x": draw(2, 3)}, tmp_path)


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(ConversionError, match="str"):
        TORCH.predict(Calls(lambda x: (x, "x")).eval(), {"x": draw(2, 3)})


def test_outputs_are_named_by_what_holds_them() -> None:
    one = torch.zeros(1)
    pair = namedtuple("pair", "left right")(one, (one, one))
    names = [name for name, _ in flatten_outputs(pair)]
    assert names == ["left", "right_0", "right_1"]
    assert [name for name, _ in flatten_outputs(one)] == ["output"]
