"""Trains an LSTM on the sea's temperature, month by month, for `pipeline.adopt`.

    python -m examples.torch_seasons.train FOLDER

The series is El Niño's, 1950 to 2010, from statsmodels: degrees Celsius off Peru. Its last ten
years are kept for the test. Writes FOLDER/seasons.pt, FOLDER/sample.npz (windows in degrees),
FOLDER/prepared.npz (the same, standardised, as the network takes them) and FOLDER/adopt.toml.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from statsmodels.datasets import elnino
from torch import nn

from examples.torch_seasons.network import Seasons

WINDOW, TEST_MONTHS = 36, 120


def read_months() -> Any:
    """(months,) degrees, in order of time."""
    table = elnino.load_pandas().data
    return table.drop(columns="YEAR").to_numpy(np.float64).ravel()


def cut_windows(months: Any) -> tuple[Any, Any]:
    """Every window (n, WINDOW, 1), and the month after each (n, 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(months, WINDOW + 1)
    return windows[:, :-1, None], windows[:, -1:]


def train(folder: Path, epochs: int = 80) -> tuple[float, float]:
    """Train and write; mean absolute error of the test, and that of "as a year ago", in degrees."""
    torch.set_num_threads(1)  # so small a network gains nothing by more
    torch.manual_seed(7)
    months = read_months()
    mean, std = months[:-TEST_MONTHS].mean(), months[:-TEST_MONTHS].std()
    windows, after = cut_windows(months)
    scaled = ((windows - mean) / std).astype(np.float32)
    target = ((after - mean) / std).astype(np.float32)
    x, y = torch.from_numpy(scaled[:-TEST_MONTHS]), torch.from_numpy(target[:-TEST_MONTHS])
    model = Seasons()
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(x)["forecast"], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    test = scaled[-TEST_MONTHS:]
    with torch.inference_mode():
        forecast = model(torch.from_numpy(test))["forecast"].numpy() * std + mean
    known = after[-TEST_MONTHS:]
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "seasons.pt")
    np.savez(folder / "sample.npz", series=windows[-TEST_MONTHS:])
    np.savez(folder / "prepared.npz", series=test)
    (folder / "adopt.toml").write_text(
        "[axes]\nlength = { series = 1 }\n\n"
        f'[sequence]\nmean = [{mean!r}]\nstd = [{std!r}]\noutput = "forecast"\n',
        encoding="utf-8",
    )
    year_ago = windows[-TEST_MONTHS:, -12]
    return float(np.abs(forecast - known).mean()), float(np.abs(year_ago - known).mean())


if __name__ == "__main__":
    where = Path(sys.argv[1])
    ours, seasonal = train(where)
    sys.stdout.write(f"off by {ours:.3f} °C, the month of a year ago by {seasonal:.3f} °C\n")
