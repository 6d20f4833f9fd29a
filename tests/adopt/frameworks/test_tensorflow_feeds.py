from __future__ import annotations

import os

import numpy as np
import pytest

from pipeline.adopt.frameworks.tensorflow_feeds import (
    check_array,
    describe_input,
    name_arrays,
    silence,
)
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("dtype", "shape", "says"),
    [
        ("int64", (None, 4), "takes int64"),
        ("float32", (None, 5), r"\[6, 4\]"),
        ("float32", (None, 1, 4), "shape"),
        ("float32", (3, 4), "fixed batch of 3"),
    ],
)
def test_another_type_or_shape_is_refused(dtype, shape, says) -> None:
    with pytest.raises(UsageError, match=says):
        check_array("x", np.zeros((6, 4), "float32"), dtype, shape)


def test_open_axes_and_text_of_any_length_fit() -> None:
    check_array("x", np.zeros((6, 9, 2), "float32"), "float32", (None, None, 2))
    check_array("x", np.array([["a"], ["longer"]]), "string", (None, 1))
    assert describe_input("x", np.array([["a"], ["longer"]]), AdoptConfig()).dtype == "str"


def test_a_lone_array_belongs_to_the_lone_input() -> None:
    array = np.zeros((2, 1))
    assert name_arrays({"input": array}, ["x"]) == {"x": array}
    assert list(name_arrays({"a": array, "b": array}, ["b", "a"])) == ["a", "b"]


def test_what_c_code_writes_is_silenced_and_what_follows_is_not(capfd) -> None:
    with silence():
        os.write(2, b"noise")
    os.write(2, b"news")
    assert capfd.readouterr().err == "news"
