"""Lists the models that a run compares, without those that its table rules out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.tasks import Task


def list_candidates(config: TrainConfig, task: Task) -> tuple[str, ...]:
    """The model ids that the run compares, as PyCaret's compare_models chooses them."""
    if config.include is not None:
        return config.include
    left_out = set(config.exclude or ())
    if config.compare.get("turbo", True):
        left_out |= set(task.slow)
    return tuple(model for model in task.models if model not in left_out)
