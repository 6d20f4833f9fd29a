"""Before stage 2: which models a run compares, and which of them its table rules out."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pipeline.convert.support.refused_options import Facts, limited, or_anyway
from pipeline.errors import ConversionError
from pipeline.tasks import Task

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset

logger = logging.getLogger(__name__)


def facts(dataset: Dataset) -> Facts:
    """What decides the limits of `within_limits`."""
    values = dataset.frame[dataset.spec.target]
    has_classes = dataset.task.target == "classes"
    return Facts(len(values), values.nunique() if has_classes else 0)


def candidates(config: TrainConfig, task: Task) -> tuple[str, ...]:
    """The model ids that the run compares, as PyCaret's compare_models chooses them."""
    if config.include is not None:
        return config.include
    left_out = set(config.exclude or ())
    if config.compare.get("turbo", True):
        left_out |= set(task.slow)
    return tuple(model for model in task.models if model not in left_out)


def within_limits(config: TrainConfig, task: Task, known: Facts) -> TrainConfig:
    """The config without the models that a table like this makes impossible to export.

    Raises:
        ConversionError: no candidate is left.
    """
    models = candidates(config, task)
    limits = {limit.model: limit for limit in limited(models, known)}
    if not limits:
        return config
    reasons = "; ".join(f"{model}: {limit.reason}" for model, limit in limits.items())
    if not set(models) - set(limits):
        raise ConversionError(
            f"no exact conversion to ONNX for any candidate on {known.rows:,} rows: {reasons}",
            hint=or_anyway("; ".join(f"{m}: {limit.instead}" for m, limit in limits.items())),
            models=list(limits),
        )
    logger.warning("left out on %s rows: %s; to train them: --no-onnx", f"{known.rows:,}", reasons)
    return config.model_copy(update=_without(config, limits))


def _without(config: TrainConfig, models: Iterable[str]) -> dict[str, Any]:
    if config.include is not None:
        return {"include": tuple(m for m in config.include if m not in models)}
    return {"exclude": (*(config.exclude or ()), *models)}
