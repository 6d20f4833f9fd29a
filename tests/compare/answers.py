"""Answers of two models to the same rows, without the models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.compare.paired_scores import ModelAnswers, PairedScores


def of_numbers(pairs: list[tuple[float | None, float | None]]) -> PairedScores:
    columns = [np.array([pair[k] for pair in pairs], dtype=float) for k in (0, 1)]
    features = pd.DataFrame({"column": range(len(pairs))})
    return PairedScores(
        features, "rows", *(ModelAnswers(values, ~np.isnan(values)) for values in columns)
    )


def of_classes(
    pairs: list[tuple[str, str]], scores: tuple[np.ndarray, np.ndarray] | None = None
) -> PairedScores:
    """Of two models for the classes a and b, and b and c."""
    everything = np.ones(len(pairs), dtype=bool)
    sides = [
        ModelAnswers(
            np.array([pair[k] for pair in pairs], dtype=str),
            everything,
            None if scores is None else scores[k],
            ("a", "b") if k == 0 else ("b", "c"),
        )
        for k in (0, 1)
    ]
    return PairedScores(pd.DataFrame({"column": range(len(pairs))}), "rows", *sides)
