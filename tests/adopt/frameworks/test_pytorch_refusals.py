from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConversionError, UsageError
from tests.adopt.frameworks.networks import (
    TORCH,
    Calls,
    Vision,
    draw,
    export_model,
    nn,
    torch,
)

pytestmark = pytest.mark.long


@pytest.mark.parametrize("dtype", ["float64", "uint8", "int64"])
def test_a_wrong_dtype_is_refused_with_the_right_one(dtype: str) -> None:
    with pytest.raises(UsageError, match=f"'image' is {dtype}.*float32"):
        TORCH.predict(Vision().eval(), {"image": np.zeros((2, 3, 9, 9), dtype)})


def test_floats_for_what_is_looked_up_are_refused() -> None:
    with pytest.raises(UsageError, match="int64"):
        TORCH.predict(nn.Embedding(3, 2).eval(), {"input": draw(2, 3)})


def test_channels_last_are_refused_with_the_way_to_move_them() -> None:
    images = draw(2, 9, 8, 3)
    with pytest.raises(UsageError, match="NHWC") as caught:
        TORCH.predict(Vision().eval(), {"image": images})
    assert "transpose(0, 3, 1, 2)" in caught.value.hint
    TORCH.predict(Vision().eval(), {"image": images.transpose(0, 3, 1, 2)})


def test_a_custom_operator_is_refused_by_name(tmp_path: Path) -> None:
    @torch.library.custom_op("adopt_tests::double", mutates_args=())
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    double.register_fake(torch.empty_like)
    with pytest.raises(ConversionError, match="adopt_tests::double"):
        export_model(Calls(torch.ops.adopt_tests.double), {"x": draw(2, 3)}, tmp_path)


def test_a_branch_by_values_is_refused_with_its_line(tmp_path: Path) -> None:
    branch = Calls(lambda x: x + 1 if x.sum() > 0 else x - 1)
    with pytest.raises(ConversionError, match="x - 1") as caught:
        export_model(branch, {"x": draw(2, 3)}, tmp_path)
    assert "torch.where" in caught.value.hint
