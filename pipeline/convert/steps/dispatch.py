"""From a fitted step to its converter."""

from __future__ import annotations

from pipeline.convert.registry import merged
from pipeline.convert.steps import (
    binning,
    column_selection,
    composite,
    dates,
    dropped_rows,
    group_features,
    iterative_imputer,
    knn_imputer,
    linear_transforms,
    polynomial,
    power_transform,
    projection,
    quantile_transform,
    scaling,
    simple_imputer,
    skl2onnx_checked,
    text_vectors,
)
from pipeline.convert.steps import categorical as finite

STEPS = merged(
    [
        binning.CONVERTERS,
        composite.CONVERTERS,
        skl2onnx_checked.CONVERTERS,
        dates.CONVERTERS,
        finite.CONVERTERS,
        group_features.CONVERTERS,
        simple_imputer.CONVERTERS,
        iterative_imputer.CONVERTERS,
        knn_imputer.CONVERTERS,
        linear_transforms.CONVERTERS,
        column_selection.CONVERTERS,
        polynomial.CONVERTERS,
        power_transform.CONVERTERS,
        projection.CONVERTERS,
        quantile_transform.CONVERTERS,
        dropped_rows.CONVERTERS,
        scaling.CONVERTERS,
        text_vectors.CONVERTERS,
    ]
)
