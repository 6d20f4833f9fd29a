from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pipeline.adopt.preprocessing.image import add_picture_input, build_transform
from pipeline.adopt.preprocessing.image_reference import measure_pixels, transform_picture
from pipeline.adopt.preprocessing.image_spec import ImageSpec
from pipeline.errors import ConfigError, ConversionError
from tests.adopt.preprocessing.networks import make_classifier, run_network

IMAGENET: Any = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
SIDE = st.integers(1, 60)


def _make_pictures(seed: int, count: int, height: int, width: int) -> NDArray[np.uint8]:
    """Noise, where every error of a weight or border shows; every other one black and white."""
    noise = np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    return noise if seed % 2 else np.where(noise > 127, 255, 0).astype(np.uint8)


@pytest.fixture(scope="module")
def photographs() -> list[NDArray[np.uint8]]:
    from sklearn.datasets import load_sample_images

    images: list[NDArray[np.uint8]] = load_sample_images().images
    upright = [image.transpose(1, 0, 2) for image in images]
    odd = [image[: 427 - 2 * i, : 301 + i] for i, image in enumerate(images)]
    return [np.ascontiguousarray(image) for image in (*images, *upright, *odd)]


@pytest.mark.parametrize(
    "spec",
    [
        ImageSpec(resize=256, crop=224),
        ImageSpec(resize=256, crop=224, interpolation="bicubic"),
        ImageSpec(resize=(224, 224)),
        ImageSpec(resize=(299, 151), interpolation="bicubic"),
        ImageSpec(resize=28, crop=28, colors="L"),
        ImageSpec(resize=232, crop=(224, 320), colors="BGR"),
    ],
    ids=lambda spec: f"{spec.resize}-{spec.crop}-{spec.interpolation}-{spec.colors}",
)
def test_photographs_differ_from_pillows_by_one_step_in_few_places(
    photographs: list[NDArray[np.uint8]], spec: ImageSpec
) -> None:
    found = measure_pixels(photographs, spec)
    # A sum that ends on a half is rounded by the last bit of a weight, float32 here, fixed there.
    assert found.largest <= 1
    # Where the height shrinks by more than twice as many pixels as the width, as in an upright
    # photograph to a square, Pillow 13 resizes columns first, and rounds other values in between.
    assert found.share < 0.01 or not isinstance(spec.resize, int)


@given(
    st.integers(0, 99), SIDE, SIDE, st.tuples(SIDE, SIDE), st.sampled_from(["bilinear", "bicubic"])
)
@settings(max_examples=60, deadline=None)
def test_any_size_to_any_size_is_pillows_two_passes(
    seed: int, height: int, width: int, size: tuple[int, int], interpolation: str
) -> None:
    (picture,) = _make_pictures(seed, 1, height, width)
    spec = ImageSpec(size, interpolation=interpolation, divisor=1, layout="NHWC")
    got = run_network(build_transform(spec), picture=picture[None])["image"][0]
    # Rows first, which Pillow 13 does unless the height shrinks by more than twice as many pixels.
    kernel = Image.Resampling[interpolation.upper()]
    passes = Image.fromarray(picture).resize((size[1], height), kernel).resize(size[::-1], kernel)
    # Two passes of one step each where both end on a half.
    assert np.abs(got - np.asarray(passes, dtype=np.float32)).max() <= 2


@given(st.integers(0, 99), SIDE, SIDE, st.integers(1, 60), st.tuples(SIDE, SIDE))
@settings(max_examples=60, deadline=None)
def test_short_side_and_crop_are_placed_as_torchvision_places_them(
    seed: int, height: int, width: int, resize: int, crop: tuple[int, int]
) -> None:
    """A crop beside its place by one pixel would differ by far more than two steps in noise."""
    (picture,) = _make_pictures(seed, 1, height, width)
    found = measure_pixels([picture], ImageSpec(resize, crop))
    assert found.largest <= 2


@given(st.integers(0, 99), SIDE, SIDE, st.tuples(SIDE, SIDE))
@settings(max_examples=60, deadline=None)
def test_a_crop_alone_is_exact_with_black_around_small_pictures(
    seed: int, height: int, width: int, crop: tuple[int, int]
) -> None:
    (picture,) = _make_pictures(seed, 1, height, width)
    assert measure_pixels([picture], ImageSpec(crop=crop)).largest == 0


@pytest.mark.parametrize("side", range(1, 9))
@pytest.mark.parametrize("crop", range(1, 9))
def test_crops_begin_where_torchvision_rounds_to(side: int, crop: int) -> None:
    values = np.arange(1, side * side + 1, dtype=np.uint8).reshape(side, side)
    spec = ImageSpec(crop=crop, divisor=1, layout="NHWC")
    picture = values[None, :, :, None].repeat(3, axis=3)
    got = run_network(build_transform(spec), picture=picture)["image"]
    padded = np.pad(values, (max(crop - side, 0) // 2, (max(crop - side, 0) + 1) // 2))
    first = round((len(padded) - crop) / 2.0)  # Python's: to the even neighbour
    cropped = padded[first : first + crop, first : first + crop]
    np.testing.assert_array_equal(got[0, :, :, 1], cropped)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("colors", ["RGB", "BGR", "L"])
def test_normalised_values_are_those_of_float32_arithmetic(layout: str, colors: str) -> None:
    pictures = _make_pictures(1, 3, 9, 7)
    many = 1 if colors == "L" else 3
    mean, std = IMAGENET["mean"][:many], IMAGENET["std"][:many]
    spec = ImageSpec(crop=(6, 5), colors=colors, layout=layout, mean=mean, std=std)
    got = run_network(build_transform(spec), picture=pictures)["image"]
    np.testing.assert_array_equal(got, [transform_picture(each, spec) for each in pictures])


def test_every_gray_is_pillows() -> None:
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    picture = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 52, 3)
    got = run_network(
        build_transform(ImageSpec(colors="L", divisor=1)), picture=np.ascontiguousarray(picture)
    )["image"]
    np.testing.assert_array_equal(got[0, 0], np.asarray(Image.fromarray(picture[0]).convert("L")))


@pytest.mark.parametrize("opset", [15, 17, 18, 19, 20, 21, 22])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_network_of_any_opset_scores_pictures_as_it_scores_prepared_images(
    opset: int, layout: str
) -> None:
    network = make_classifier(opset, layout=layout)
    spec = ImageSpec(resize=10, crop=8, layout=layout, **IMAGENET)
    joined = add_picture_input(network, spec, "input")
    for count, height, width in ((1, 1, 1), (2, 31, 17), (7, 12, 40)):
        pictures = _make_pictures(5, count, height, width)
        prepared = run_network(build_transform(spec), picture=pictures)["image"]
        want = run_network(network, input=prepared)["scores"]
        got = run_network(joined, input=pictures)["scores"]
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)  # float32, fused otherwise


def test_the_input_keeps_its_name_and_a_fixed_batch() -> None:
    spec = ImageSpec(resize=8, crop=8)
    joined = add_picture_input(make_classifier(batch=1), spec, "input")
    (picture,) = joined.graph.input
    assert picture.name == "input"
    assert [dim.dim_value for dim in picture.type.tensor_type.shape.dim] == [1, 0, 0, 3]


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (ImageSpec(resize=8, crop=8, layout="NHWC"), "layout"),
        (ImageSpec(resize=8, crop=8, colors="L"), "colors"),
        (ImageSpec(resize=8, crop=7), "crop"),
        (ImageSpec(resize=8), "dynamic axes"),
    ],
)
def test_a_spec_that_does_not_make_the_networks_input_is_refused(
    spec: ImageSpec, named: str
) -> None:
    with pytest.raises(ConfigError) as error:
        add_picture_input(make_classifier(), spec, "input")
    assert named in error.value.hint


def test_a_short_side_alone_goes_before_a_network_of_any_size() -> None:
    network = make_classifier(size=("height", "width"))
    joined = add_picture_input(network, ImageSpec(resize=8), "input")
    assert run_network(joined, input=_make_pictures(3, 2, 20, 33))["scores"].shape == (2, 3)


def test_an_unknown_input_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConversionError, match="input"):
        add_picture_input(make_classifier(), ImageSpec(resize=8, crop=8), "image")
