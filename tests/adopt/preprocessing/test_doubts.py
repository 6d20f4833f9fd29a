from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.adopt.preprocessing.doubts import (
    check_pictures,
    find_picture_doubts,
    find_series_doubts,
    find_unprepared_doubts,
)
from pipeline.adopt.preprocessing.image_reference import transform_picture
from pipeline.adopt.preprocessing.image_spec import ImageSpec
from pipeline.adopt.preprocessing.sequence_spec import SequenceSpec, read_sequence_spec
from pipeline.errors import UsageError

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
IMAGENET = ImageSpec(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
PREPARED = np.stack([transform_picture(picture, IMAGENET) for picture in PICTURES])
SERIES = RNG.normal([300.0, 5.0], [12.0, 0.5], size=(4, 40, 2))
SPEC = read_sequence_spec({"mean": [300.0, 5.0], "std": [12.0, 0.5]})
SCALED = (SERIES - [300.0, 5.0]) / [12.0, 0.5]


def test_pictures_as_decoded_and_a_spec_of_their_units_raise_no_doubt() -> None:
    check_pictures(PICTURES, "input")
    assert find_picture_doubts(PICTURES, IMAGENET) == []
    in_bytes = ImageSpec(divisor=1, mean=(103.9, 116.8, 123.7))
    assert find_picture_doubts(PICTURES, in_bytes) == []
    assert find_picture_doubts(PICTURES, ImageSpec(divisor=127.5, mean=(1.0,))) == []
    assert find_picture_doubts(PICTURES, ImageSpec(divisor=1)) == []


@pytest.mark.parametrize(
    ("sample", "named"),
    [
        (PREPARED, "normalised"),
        (PICTURES / np.float32(255), "divided by 255"),
        (PICTURES.astype(np.float32), "whole numbers"),
        (PICTURES.astype(np.int64), "int64"),
        (PICTURES.transpose(0, 3, 1, 2), "channels first"),
        (PICTURES[0], "one picture"),
        (PICTURES[..., :1], "Gray"),
        (PICTURES[..., 0], "Gray"),
        (PICTURES[..., [0, 1, 2, 2]], "transparency"),
        (PICTURES[0, 0], "Stack"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_it_looks_like(sample: Any, named: str) -> None:
    with pytest.raises(UsageError) as error:
        check_pictures(sample, "input")
    assert named in str(error.value)


@pytest.mark.parametrize(
    ("pictures", "spec", "named"),
    [
        (PICTURES // 15, IMAGENET, "0 to 16"),
        (PICTURES, ImageSpec(mean=(123.7, 116.3, 103.5), std=(58.4, 57.1, 57.4)), "divisor = 1"),
        (PICTURES, ImageSpec(divisor=1, mean=IMAGENET.mean, std=IMAGENET.std), "divisor = 255"),
    ],
)
def test_pictures_and_spec_of_different_units_are_doubted(
    pictures: Any, spec: ImageSpec, named: str
) -> None:
    (doubt,) = find_picture_doubts(pictures, spec)
    assert named in doubt


@pytest.mark.parametrize(
    ("sample", "named"),
    [
        (PREPARED, "normalised"),
        ((PICTURES / 255).astype(np.float32), "divided by 255"),
        (PICTURES.astype(np.float64), "bytes"),
    ],
)
def test_a_prepared_sample_without_a_section_hides_what_prepared_it(
    sample: Any, named: str
) -> None:
    (doubt,) = find_unprepared_doubts(sample, "input")
    assert named in doubt


@pytest.mark.parametrize(
    "sample",
    [
        PICTURES,
        SCALED,
        RNG.normal(size=(2, 9, 9, 5)),
        RNG.normal(size=(2, 3, 4, 4)) * 100,
        np.full((1, 3, 2, 2), np.nan),
    ],
)
def test_what_is_no_prepared_picture_hides_nothing(sample: Any) -> None:
    assert find_unprepared_doubts(sample, "input") == []


def test_a_series_of_the_specs_own_figures_raises_no_doubt() -> None:
    with_gaps = SERIES.copy()
    with_gaps[0, ::3] = np.nan
    for series in (SERIES, with_gaps, SERIES[:, :1]):
        assert find_series_doubts(series, SPEC, "series") == []
    assert find_series_doubts(SCALED, None, "series") == []
    assert find_series_doubts(np.full((2, 3), "text"), SPEC, "series") == []


def test_a_series_that_was_scaled_before_is_doubted_feature_by_feature() -> None:
    doubts = find_series_doubts(SCALED, SPEC, "series")
    assert len(doubts) == 2
    assert all("scaled already" in doubt for doubt in doubts)


@pytest.mark.parametrize("series", [SERIES[..., ::-1], SERIES - 273.15, SERIES * 1000])
def test_a_series_of_other_figures_than_the_specs_is_doubted(series: Any) -> None:
    doubts = find_series_doubts(series, SPEC, "series")
    assert doubts
    assert "another order" in doubts[0]


@pytest.mark.parametrize("spec", [None, SequenceSpec(window=3)])
def test_a_scaler_that_was_forgotten_is_asked_for(spec: SequenceSpec | None) -> None:
    (doubt,) = find_series_doubts(SERIES, spec, "series")
    assert "forgotten" in doubt
    assert "feature 0" in doubt
