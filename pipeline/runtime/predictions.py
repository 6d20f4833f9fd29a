"""Labels and scores of a batch of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictions:
    """Predicted labels (n,), and scores (n, K) or None."""

    labels: NDArray[Any]
    scores: NDArray[np.float64] | None

    def at(self, places: NDArray[np.int64] | list[int]) -> Predictions:
        """Some of the rows."""
        return Predictions(
            self.labels[places], None if self.scores is None else self.scores[places]
        )
