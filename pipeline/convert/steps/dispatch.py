"""Finds the converter of a fitted step."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.convert.registry import merge_families
from pipeline.convert.steps import (
    binning,
    categorical,
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
from pipeline.convert.steps.step import StepEntry

STEPS: Mapping[str, StepEntry] = merge_families(
    family.CONVERTERS
    for family in (
        *(binning, categorical, column_selection, composite, dates, dropped_rows, group_features),
        *(iterative_imputer, knn_imputer, linear_transforms, polynomial, power_transform),
        *(projection, quantile_transform, scaling, simple_imputer, skl2onnx_checked, text_vectors),
    )
)
"""Every step that converts, by `package.Class`."""
