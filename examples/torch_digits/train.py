"""Trains a small vision network on scikit-learn's digits, for `pipeline.adopt`.

    python -m examples.torch_digits.train FOLDER

Writes FOLDER/digits.pt, FOLDER/sample.npz (the test's decoded pictures, rows × columns × RGB, and
what they show) and FOLDER/prepared.npz (the same pictures as the network takes them).
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from examples.torch_digits.network import Digits
from pipeline.adopt.preprocessing.image_reference import transform_picture
from pipeline.adopt.preprocessing.image_spec import read_image_spec

TEST_ROWS = 360
SPEC = read_image_spec(tomllib.loads(Path(__file__).with_name("adopt.toml").read_text())["image"])


def make_pictures() -> tuple[Any, Any]:
    """Each digit as a picture of 24 × 24 pixels in RGB (n, 24, 24, 3) uint8, and what it shows."""
    images, digits = load_digits(return_X_y=True)
    gray = np.rint(images.reshape(-1, 8, 8) * 255 / 16).astype(np.uint8)
    large = gray.repeat(3, axis=1).repeat(3, axis=2)
    return np.repeat(large[..., None], 3, axis=3), digits


def train(folder: Path, epochs: int = 12) -> float:
    """Train and write into the folder; returns the share of test pictures that is right."""
    torch.set_num_threads(1)  # so small a network gains nothing by more
    torch.manual_seed(7)
    pictures, digits = make_pictures()
    images = np.stack([transform_picture(picture, SPEC) for picture in pictures])
    x, y = torch.from_numpy(images[:-TEST_ROWS]), torch.from_numpy(digits[:-TEST_ROWS])
    model = Digits()
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(64):
            loss = nn.functional.cross_entropy(model(x[rows])["scores"], y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    test = images[-TEST_ROWS:]
    with torch.inference_mode():
        found = model(torch.from_numpy(test))["scores"].numpy().argmax(axis=1)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "digits.pt")
    np.savez(folder / "sample.npz", image=pictures[-TEST_ROWS:], digit=digits[-TEST_ROWS:])
    np.savez(folder / "prepared.npz", image=test)
    return float(np.mean(found == digits[-TEST_ROWS:]))


if __name__ == "__main__":
    where = Path(sys.argv[1])
    sys.stdout.write(f"{train(where):.3f} of the test pictures are right; {where}/digits.pt\n")
