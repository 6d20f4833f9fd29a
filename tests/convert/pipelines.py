"""Small fitted PyCaret pipelines, built from single steps instead of a whole `setup`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert import Conversion
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.manifest.columns import Kind


def fitted(
    frame: pd.DataFrame,
    steps: list[tuple[str, Any, list[str] | None]],
    target: pd.Series | None = None,
    first: pd.DataFrame | None = None,
) -> Any:
    """A PyCaret pipeline of (name, transformer, columns) that ends in a linear model.

    The linear model has the coefficients 1, 10, 100, …, so that its prediction shows every column
    that reaches it. `first` is a table of as many rows that the pipeline is fitted on before, as
    PyCaret does with training rows: a step that is given no columns keeps those it saw then.
    """
    from pycaret.internal.pipeline import Pipeline
    from pycaret.internal.preprocess.transformers import TransformerWrapper
    from sklearn.linear_model import LinearRegression

    wrapped = [(name, TransformerWrapper(t, include=columns)) for name, t, columns in steps]
    if target is None:
        target = pd.Series(np.arange(len(frame), dtype=float), name="target")
    pipeline = Pipeline([*wrapped, ("actual_estimator", LinearRegression())])
    for known in (frame,) if first is None else (first, frame):
        pipeline.fit(shrink_dtypes(known), target)
    model = pipeline.steps[-1][1]
    model.coef_ = 10.0 ** np.arange(len(model.coef_))
    model.intercept_ = 0.0
    return pipeline


def expected(pipeline: Any, frame: pd.DataFrame) -> NDArray[np.float64]:
    """What the pipeline predicts the way predict_model calls it: shrunk dtypes first."""
    result: NDArray[np.float64] = np.asarray(pipeline.predict(shrink_dtypes(frame)), dtype=float)
    return result


def converted(conversion: Conversion, frame: pd.DataFrame) -> NDArray[np.float64]:
    """What the graph predicts for the same rows."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        conversion.model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = {i.name: _tensor(i.kind, frame[i.name]) for i in conversion.inputs}
    (labels,) = session.run(["prediction_label"], feeds)
    result: NDArray[np.float64] = labels
    return result


def _tensor(kind: Kind, values: pd.Series) -> NDArray[Any]:
    if kind == "text":
        array = values.astype(object).where(values.notna(), "").to_numpy(dtype=object)
    else:
        dtype = {"number": float, "boolean": bool, "date": "int64"}[kind]
        array = values.to_numpy(dtype=dtype)
    return array.reshape(-1, 1)
