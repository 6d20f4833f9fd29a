"""From a fitted estimator to its converter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pipeline.convert.features import Features
from pipeline.convert.graph import Graph
from pipeline.convert.outcome import Outcome
from pipeline.convert.registry import Entry, find, merged

Converter = Callable[[Any, Features, Graph], Outcome]
"""(fitted estimator, its input, the graph to write into) -> what it answers."""


@cache
def converters() -> Mapping[str, Entry[Converter]]:
    """Every estimator class that converts, by `package.Class`."""
    # Families convert their members through this module, so they cannot be imported above.
    from pipeline.convert.estimators import (
        bagging,
        bayes,
        boosting,
        calibration,
        catboost_trees,
        dummy,
        gaussian_process,
        kernels,
        lightgbm_trees,
        linear,
        neighbors,
        neural,
        stacking,
        threshold,
        trees,
        voting,
        xgboost_trees,
    )

    return merged(
        [
            bagging.CONVERTERS,
            bayes.CONVERTERS,
            boosting.CONVERTERS,
            calibration.CONVERTERS,
            catboost_trees.CONVERTERS,
            dummy.CONVERTERS,
            gaussian_process.CONVERTERS,
            kernels.CONVERTERS,
            lightgbm_trees.CONVERTERS,
            linear.CONVERTERS,
            neighbors.CONVERTERS,
            neural.CONVERTERS,
            stacking.CONVERTERS,
            threshold.CONVERTERS,
            trees.CONVERTERS,
            voting.CONVERTERS,
            xgboost_trees.CONVERTERS,
        ]
    )


def convert_estimator(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """Write the nodes that predict what a fitted estimator predicts.

    Raises:
        ConversionError: the class, or this way of using it, has no exact form.
    """
    return find(converters(), estimator, "estimator").convert(estimator, x, graph)
