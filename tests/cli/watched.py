"""A search that a terminal shows."""

from __future__ import annotations

import io

from rich.console import Console

from pipeline.system.progress import Progress

NAMES = {"lr": "Linear Regression", "gbr": "Gradient Boosting Regressor", "svm": "Broken"}


def terminal(width: int = 120) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def search(progress: Progress) -> None:
    progress.models(NAMES)
    progress.model_started("lr")
    progress.model_finished("lr", {"MAE": 4000.0, "R2": 0.7}, 1.0)
    progress.model_started("gbr")
    progress.model_started("svm")
    progress.model_finished("svm", {}, 0.1)
    progress.model_finished("gbr", {"MAE": 2639.0, "R2": 0.847}, 2.0)
