"""Fits the whole pipeline with the chosen model on all rows."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pipeline.errors import PipelineError, causes


def finalize_pipeline(experiment: Any, model: Any, finalize: bool) -> Any:
    """The pipeline that ends in a model, fitted on all rows or as it is.

    Raises:
        PipelineError: PyCaret cannot fit it on all rows.
    """
    if finalize:
        _forget_columns(experiment.pipeline)
        try:
            pipeline = experiment.finalize_model(model)
        except Exception as err:  # whatever a step raises: third party
            causes.raise_if_memory(err)
            raise PipelineError(
                f"PyCaret cannot fit the winner on all rows: {type(err).__name__}: {err}",
                hint="Set finalize = false, or leave out the option that the error is about",
            ) from err
    else:  # as PyCaret's save_model joins them
        pipeline = deepcopy(experiment.pipeline)
        pipeline.steps.append(("trained_model", model))
    for fitted in (pipeline, experiment.pipeline):
        fitted.memory = None  # the caches end with this stage
    return pipeline


def _forget_columns(pipeline: Any) -> None:
    """Let the steps that only training runs take whatever columns come: outliers, balance.

    PyCaret's wrapper keeps the columns of its first fit, in their order. Fitted again on all rows,
    one-hot columns may come in another; what is skipped when predicting cannot put that right, and
    predict_model fails or gives the model other columns than it knows.
    """
    for step in pipeline.named_steps.values():
        if getattr(step, "_train_only", False) and step.include is None:
            step._include = None
