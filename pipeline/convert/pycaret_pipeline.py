"""Runs a fitted pipeline as PyCaret's predict_model does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.registry import class_key

TARGET_STEPS = ("label_encoding", "target_transformation")


def list_feature_steps(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """The steps that act on features at prediction time."""
    for name, wrapper in pipeline.steps[:-1]:
        skipped = wrapper is None or wrapper == "passthrough" or name in TARGET_STEPS
        if not skipped and not getattr(wrapper, "_train_only", False):
            yield name, wrapper


def shrink_dtypes(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame in the dtypes that predict_model gives it before the pipeline runs."""
    from pycaret.utils.generic import df_shrink_dtypes

    result: pd.DataFrame = df_shrink_dtypes(frame.copy())
    return result


def run_stages(pipeline: Any, rows: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Each feature step, and the estimator at last, with what predict_model hands to it."""
    x = shrink_dtypes(rows[list(pipeline.feature_names_in_)[:-1]])
    for _, step in list_feature_steps(pipeline):
        yield step, x
        x = step.transform(x)
    yield pipeline.steps[-1][1], x


def transform_rows(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """What predict_model hands to the estimator: rows shrunk, then through every feature step.

    Rows that only a step refuses as one batch (a category beside a hostile one becomes NaN) go one
    by one; those that it refuses even then are left out, as those that a step drops are.
    """
    try:
        return _at_last(pipeline, rows)
    except ValueError:
        if len(rows) < 2:
            raise
    return transform_one_by_one(pipeline, rows)


def transform_one_by_one(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """What the estimator reads of each row alone; of those that a step refuses, nothing.

    Raises:
        ValueError: a step refuses every row.
    """
    alone = []
    for place in range(len(rows)):
        with suppress(ValueError):
            alone.append(_at_last(pipeline, rows.iloc[[place]]))
    return pd.concat(alone) if alone else _at_last(pipeline, rows)


def _at_last(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
    for _, x in run_stages(pipeline, rows):
        read = x
    return read


def powers_in_single(step: Any, x: pd.DataFrame) -> bool:
    """Whether a feature step raises the numbers it is handed to powers in float32.

    NumPy does so by another code path on each kind of processor, and a graph in float64.
    """
    powers = class_key(getattr(step, "transformer", None)) == "sklearn.PowerTransformer"
    return powers and choose_dtype(x[step._include]) == np.float32


def choose_dtype(frame: pd.DataFrame) -> np.dtype[Any]:
    """float32 where scikit-learn computes with these columns in it, else float64.

    As its check_array does with FLOAT_DTYPES: the columns' common dtype, which is float32 for
    small integers beside float32 too, and integers alone as float64.
    """
    common = np.result_type(*(frame[name].to_numpy() for name in frame))
    return np.dtype(np.float32 if common == np.float32 else np.float64)
