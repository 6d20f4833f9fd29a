from __future__ import annotations

import numpy as np

from pipeline.adopt.preprocessing.image_reference import measure_pixels, place_pixels
from pipeline.adopt.preprocessing.image_spec import ImageSpec


def test_the_short_side_is_resized_and_the_long_one_cut_to_whole_pixels() -> None:
    for height, width, expected in ((7, 9, (4, 5)), (9, 7, (5, 4)), (4, 100, (4, 100))):
        picture = np.zeros((height, width, 3), dtype=np.uint8)
        assert place_pixels(picture, ImageSpec(resize=4)).shape == (*expected, 3)


def test_a_crop_of_a_small_picture_is_black_around_it() -> None:
    pixels = place_pixels(np.full((1, 2, 3), 200, dtype=np.uint8), ImageSpec(crop=4))
    # One row is left over: it goes below, as torchvision's padding has it.
    assert pixels[:, :, 0].tolist() == [[0] * 4, [0, 200, 200, 0], [0] * 4, [0] * 4]


def test_a_difference_is_counted_over_every_value_of_every_picture() -> None:
    found = measure_pixels([np.zeros((3, 3, 3), dtype=np.uint8)] * 2, ImageSpec(resize=2))
    assert (found.largest, found.share, found.pictures) == (0, 0, 2)
    assert "2 pictures" in str(found)


def test_no_pictures_differ_nowhere() -> None:
    assert measure_pixels([], ImageSpec()).pictures == 0
