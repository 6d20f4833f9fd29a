"""An experiment on a small table whose models are compared, for what is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pipeline.automl import ensembles as compose_stage
from pipeline.automl.compare import Search, search_models
from pipeline.automl.deadline import Deadline
from pipeline.automl.ensembles import Composed, compose_models
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset
from pipeline.system.progress import Progress, Silent
from pipeline.tasks import TaskMetric
from tests import tables


@cache
def small(name: str, rows: int = 160) -> Dataset:
    """A table of the project, cut short."""
    table = tables.dataset(name)
    return replace(table, frame=table.frame.sample(rows, random_state=3).reset_index(drop=True))


def config(include: Sequence[str], **settings: Any) -> TrainConfig:
    return TrainConfig(include=tuple(include), fold=2, **settings)


@dataclass(frozen=True)
class Bench:
    """An experiment whose models are compared, for what is made of them."""

    experiment: Any
    found: Search
    metric: TaskMetric

    def composed(
        self, progress: Progress | None = None, deadline: Deadline | None = None, **steps: Any
    ) -> Composed:
        settings = TrainConfig(fold=2, **steps)
        made_with = compose_stage.EnsembleContext(
            self.experiment, self.found, self.metric, deadline
        )
        return compose_models(made_with, settings, progress or Silent())


@contextmanager
def bench(name: str, metric: str, include: list[str]) -> Iterator[Bench]:
    with isolate_pycaret() as caches:
        table = small(name)
        experiment = set_up(table, config(("lr",)), caches)
        found = search_models(experiment, {"include": include, "sort": metric}, Silent())
        decides = table.task.find_metric(metric)
        assert decides is not None
        yield Bench(experiment, found, decides)
