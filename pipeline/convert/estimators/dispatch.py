"""Finds the converter of a fitted estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pipeline.convert.graph.graph import Graph
from pipeline.convert.registry import Entry, find_converter, merge_families
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Outcome

Converter = Callable[[Any, Features, Graph], Outcome]
"""(fitted estimator, its input, the graph to write into) -> what it answers."""


@cache
def load_converters() -> Mapping[str, Entry[Converter]]:
    """Every estimator class that converts, by `package.Class`."""
    # Families convert their members through this module, so they cannot be imported above.
    from pipeline.convert.estimators import (
        bayes,
        dummy,
        gaussian_process,
        kernels,
        linear,
        neighbors,
        neural,
    )
    from pipeline.convert.estimators.meta import bagging, calibration, stacking, threshold, voting
    from pipeline.convert.estimators.trees import (
        catboost,
        lightgbm,
        sklearn_boosting,
        sklearn_trees,
        xgboost,
    )

    return merge_families(
        [
            bagging.CONVERTERS,
            bayes.CONVERTERS,
            sklearn_boosting.CONVERTERS,
            calibration.CONVERTERS,
            catboost.CONVERTERS,
            dummy.CONVERTERS,
            gaussian_process.CONVERTERS,
            kernels.CONVERTERS,
            lightgbm.CONVERTERS,
            linear.CONVERTERS,
            neighbors.CONVERTERS,
            neural.CONVERTERS,
            stacking.CONVERTERS,
            threshold.CONVERTERS,
            sklearn_trees.CONVERTERS,
            voting.CONVERTERS,
            xgboost.CONVERTERS,
        ]
    )


def convert_estimator(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """Write the nodes that predict what a fitted estimator predicts.

    Raises:
        ConversionError: the class, or this way of using it, has no exact form.
    """
    return find_converter(load_converters(), estimator, "estimator").convert(estimator, x, graph)
