"""An LSTM that forecasts the next month; `network` is the trained one, for `pipeline.adopt`.

The weights are read from the file that SEASONS names, or seasons.pt in the present folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Seasons(nn.Module):
    """Series (batch, length, 1), standardised, to the value after the last (batch, 1)."""

    def __init__(self, hidden: int = 24) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(hidden, 1)

    def forward(self, series: Any) -> Any:
        states, _ = self.lstm(series)
        return {"forecast": series[:, -1] + self.head(self.drop(states[:, -1]))}


def load_network(file: Path) -> Seasons:
    """The network with trained weights, ready to predict."""
    found = Seasons()
    found.load_state_dict(torch.load(file, weights_only=True))
    return found.eval()


def __getattr__(name: str) -> Any:
    if name != "network":
        raise AttributeError(name)
    return load_network(Path(os.environ.get("SEASONS", "seasons.pt")))
