"""Prepares pictures with Pillow and numpy: what the graph is held against.

Imitated is torchvision's `Compose([Resize, CenterCrop, ToTensor, Normalize])` on a Pillow image
(torchvision/transforms/functional.py: `resize`, `center_crop`, `to_tensor`, `normalize`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.preprocessing.image import build_transform
from pipeline.adopt.preprocessing.image_spec import ImageSpec, pair_of


def transform_picture(picture: NDArray[np.uint8], spec: ImageSpec) -> NDArray[np.float32]:
    """What the graph imitates, with Pillow: (H, W, 3) uint8 -> one image in the spec's layout."""
    pixels = place_pixels(picture, spec)
    values = pixels.astype(np.float32) / np.float32(spec.divisor)
    mean, std = (np.asarray(each, dtype=np.float32) for each in (spec.mean, spec.std))
    image: NDArray[np.float32] = (values - mean) / std
    return image.transpose(2, 0, 1) if spec.layout == "NCHW" else image


def place_pixels(picture: NDArray[np.uint8], spec: ImageSpec) -> NDArray[np.uint8]:
    """The part of it that Pillow does: gray, resize and crop; (H, W, C) uint8 in `colors`."""
    from PIL import Image

    image = Image.fromarray(picture)
    if spec.colors == "L":
        image = image.convert("L")
    if spec.resize is not None:
        width, height = image.size
        wanted = spec.resize
        if isinstance(wanted, int):
            short = min(width, height)
            wanted = (int(wanted * height / short), int(wanted * width / short))
        filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
        image = image.resize(wanted[::-1], filters[spec.interpolation])
    if spec.crop is not None:
        image = _crop_image(image, pair_of(spec.crop))
    pixels: NDArray[np.uint8] = np.asarray(image).reshape(*image.size[::-1], -1)
    return pixels[:, :, ::-1] if spec.colors == "BGR" else pixels


def _crop_image(image: Any, size: tuple[int, int]) -> Any:
    (width, height), (rows, columns) = image.size, size
    left, top = max(columns - width, 0) // 2, max(rows - height, 0) // 2
    x, y = round(max(width - columns, 0) / 2), round(max(height - rows, 0) / 2)
    # Pillow fills with black what a crop has beyond the picture.
    return image.crop((x - left, y - top, x - left + columns, y - top + rows))


@dataclass(frozen=True)
class PixelDifference:
    """How far the graph's pictures are from Pillow's, in steps of 1/255 of the full range."""

    largest: int
    share: float
    pictures: int

    def __str__(self) -> str:
        return (
            f"{self.pictures} pictures: largest difference {self.largest} of 255, "
            f"{self.share:.2%} of the values differ"
        )


def measure_pixels(pictures: Iterable[NDArray[np.uint8]], spec: ImageSpec) -> PixelDifference:
    """Run the preparation on pictures (H, W, 3) of any sizes, beside Pillow's."""
    bare = ImageSpec(
        spec.resize, spec.crop, spec.interpolation, 1.0, colors=spec.colors, layout="NHWC"
    )
    run = _start(bare)
    found = []
    for picture in pictures:
        (got,) = run(picture[None])
        found.append(np.abs(got - place_pixels(picture, bare)).ravel())
    steps = np.concatenate(found) if found else np.zeros(1)
    return PixelDifference(int(steps.max()), float(np.mean(steps > 0)), len(found))


def prepare_pictures(
    pictures: NDArray[np.uint8], spec: ImageSpec, dtype: Any = np.float32
) -> NDArray[Any]:
    """What the graph makes of pictures (N, H, W, 3), by its own operators."""
    return _start(spec, dtype)(pictures)


def _start(spec: ImageSpec, dtype: Any = np.float32) -> Callable[[NDArray[Any]], NDArray[Any]]:
    import onnxruntime

    model = build_transform(spec, np.dtype(dtype))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )

    def run(pictures: NDArray[Any]) -> NDArray[Any]:
        (image,) = session.run(None, {"picture": pictures})
        return np.asarray(image)

    return run
