from __future__ import annotations

import tomllib

import pytest

from pipeline.adopt.preprocessing.image_spec import ImageSpec, read_image_spec
from pipeline.errors import ConfigError


def test_a_section_is_read_with_its_lists_and_numbers() -> None:
    section = tomllib.loads(
        'resize = 256\ncrop = [224, 200]\nmean = 0\nstd = [1, 2.5, 3]\nlabels = ["cat", "dog"]'
    )
    assert read_image_spec(section) == ImageSpec(
        resize=256, crop=(224, 200), mean=(0.0,), std=(1.0, 2.5, 3.0), labels=("cat", "dog")
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("resize = 0", "resize"),
        ("resize = [1, 2, 3]", "resize"),
        ("resize = true", "resize"),
        ('crop = "224"', "crop"),
        ("crop = 2.5", "crop"),
        ("mean = [0.5, 0.5]", "mean"),
        ("mean = [nan]", "mean"),
        ("std = [0, 1, 1]", "std"),
        ('std = "1"', "std"),
        ("divisor = 0", "divisor"),
        ('divisor = "255"', "divisor"),
        ('interpolation = "nearest"', "interpolation"),
        ('interpolation = ["bilinear"]', "interpolation"),
        ('colors = "RGBA"', "colors"),
        ('layout = "CHW"', "layout"),
        ("labels = [1, 2]", "labels"),
        ('labels = "cat"', "labels"),
        ("size = 3", "size"),
        ('colors = "L"\nmean = [1, 2, 3]', "mean"),
    ],
)
def test_a_value_that_no_picture_can_be_prepared_with_is_refused_by_its_key(
    text: str, key: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read_image_spec(tomllib.loads(text))
    assert key in error.value.message


@pytest.mark.parametrize(
    ("spec", "size", "may_pad"),
    [
        (ImageSpec(), None, False),
        (ImageSpec(resize=8), None, False),
        (ImageSpec(resize=(8, 9)), (8, 9), False),
        (ImageSpec(resize=8, crop=7), (7, 7), False),
        (ImageSpec(resize=8, crop=(8, 9)), (8, 9), True),
        (ImageSpec(resize=(8, 9), crop=(8, 9)), (8, 9), False),
        (ImageSpec(crop=7), (7, 7), True),
    ],
)
def test_size_and_padding_follow_from_resize_and_crop(
    spec: ImageSpec, size: tuple[int, int] | None, may_pad: bool
) -> None:
    assert (spec.size, spec.may_pad) == (size, may_pad)
