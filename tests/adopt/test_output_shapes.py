from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pipeline.adopt.output_shapes import find_output_shapes, measure_sizes, resize_feeds
from pipeline.errors import ConversionError, UsageError
from pipeline.manifest.tensors import Tensor

Arrays = Mapping[str, Any]
SERIES = Tensor("series", "float32", ("batch", "length", 3))
FEEDS = {"series": np.arange(30, dtype=np.float32).reshape(2, 5, 3)}


def test_axes_follow_by_name_where_they_are_as_long_and_get_their_own_where_not() -> None:
    def predict(feeds: Arrays) -> Arrays:
        series = feeds["series"]
        return {"same": series[..., 0], "half": series[:, ::2], "last": series[:, -1]}

    assert find_output_shapes(predict, [SERIES], FEEDS) == {
        "same": ("batch", "length"),
        "half": ("batch", "half_1", 3),
        "last": ("batch", 3),
    }


def test_two_axes_of_one_size_are_not_mistaken_for_each_other() -> None:
    square = Tensor("image", "float32", ("batch", "height", "width"))
    found = find_output_shapes(
        lambda feeds: {"turned": feeds["image"].transpose(0, 2, 1)},
        [square],
        {"image": np.zeros((4, 4, 4), np.float32)},
    )
    assert found == {"turned": ("batch", "width", "height")}


def test_a_model_with_a_longest_length_is_asked_for_one_step_more() -> None:
    def predict(feeds: Arrays) -> Arrays:
        if feeds["series"].shape[1] > 8:
            raise UsageError("too long")
        return {"same": feeds["series"]}

    assert find_output_shapes(predict, [SERIES], FEEDS)["same"] == ("batch", "length", 3)


def test_a_model_that_takes_one_size_alone_is_refused_with_the_axis() -> None:
    def predict(feeds: Arrays) -> Arrays:
        if len(feeds["series"]) != 2:
            raise UsageError("shapes do not match")
        return dict(feeds)

    with pytest.raises(ConversionError, match=r"'batch'.*shapes do not match"):
        find_output_shapes(predict, [SERIES], FEEDS)


def test_feeds_are_repeated_from_their_start_and_cut() -> None:
    grown = resize_feeds([SERIES], FEEDS, {"batch": 3, "length": 2})["series"]
    np.testing.assert_array_equal(grown, FEEDS["series"][[0, 1, 0], :2])


def test_one_axis_of_two_sizes_is_refused() -> None:
    with pytest.raises(UsageError, match="'length' is 5"):
        measure_sizes(
            [SERIES, Tensor("mask", "bool", ("batch", "length"))],
            {**FEEDS, "mask": np.ones((2, 6), bool)},
        )
