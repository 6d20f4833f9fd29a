"""What PyCaret itself predicts."""

from __future__ import annotations

import pandas as pd

from pipeline.track.training_result import Converted


def asked(evidence: Converted, rows: pd.DataFrame) -> pd.DataFrame:
    """What PyCaret's pipeline predicts."""
    trained = evidence.trained
    scores = {} if trained.labels is None else {"raw_score": True}
    data = rows[list(evidence.dataset.features)]
    return trained.experiment.predict_model(
        trained.pipeline, data=data, round=17, verbose=False, **scores
    )
