"""A small vision network for digits; `network` is the trained one, for `pipeline.adopt`.

The weights are read from the file that DIGITS names, or digits.pt in the present folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Digits(nn.Module):
    """Pictures (batch, 1, 8, 8), scaled, to scores (batch, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
        )
        self.head = nn.Linear(32 * 4 * 4, 10)

    def forward(self, image: Any) -> Any:
        return {"scores": self.head(self.seen(image))}


def load_network(file: Path) -> Digits:
    """The network with trained weights, ready to predict."""
    found = Digits()
    found.load_state_dict(torch.load(file, weights_only=True))
    return found.eval()


def __getattr__(name: str) -> Any:
    if name != "network":
        raise AttributeError(name)
    return load_network(Path(os.environ.get("DIGITS", "digits.pt")))
