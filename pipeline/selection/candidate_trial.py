"""Converts the first candidates of the leaderboard, and measures them as graphs.

Each is fitted as the winner was, converted, and compared with `predict_model` on the kinds of row
that the verification uses; rows alone and in pairs are tried for the chosen one only, later.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from pipeline.automl.candidate_cost import Cost, add_costs
from pipeline.automl.experiment import SearchResult, train_rival
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset
from pipeline.errors import PipelineError
from pipeline.selection.latency import measure_latency
from pipeline.system.progress import Progress, Silent

if TYPE_CHECKING:
    from pipeline.parity.verify import Parity

logger = logging.getLogger(__name__)

WARNING_FIGURES = ("warning_rows", "warning_failures")
ALONE_FIGURES = ("alone_max_error", "pairs_max_error", "pycaret_alone_max_error")
ROWS = 10_000
"""At most this many rows of the table are compared for each candidate."""


def try_candidates(
    trained: SearchResult,
    dataset: Dataset,
    config: TrainConfig,
    warnings: Sequence[str] = (),
    progress: Progress | None = None,
) -> SearchResult:
    """The training with what its first candidates cost as graphs, in candidates and leaderboard.

    The winner is first, whatever its place: it may be composed of others. Nothing is raised: what
    fails is a candidate's refusal.

    Args:
        config: `top` says how many.
        warnings: texts that the file will carry.
        progress: told of every candidate.
    """
    progress, costs = progress or Silent(), {}
    tried = list_first(trained, config.top)
    for place, model_id in enumerate(tried, start=1):
        progress.step(f"{model_id} as a graph, {place} of {len(tried)}")
        make = _like(trained, dataset, config, model_id)
        costs[model_id] = _cost(make, dataset, config, warnings)
    return replace(
        trained,
        leaderboard=add_costs(trained.leaderboard, costs),
        candidates=tuple(replace(c, cost=costs.get(c.id)) for c in trained.candidates),
    )


def list_first(trained: SearchResult, top: int) -> list[str]:
    """The winner's id and those of the best other models that were compared."""
    others = [
        c.id
        for c in trained.candidates
        if not c.failed and c.id != trained.model_id and c.id in trained.task.models
    ]
    return [trained.model_id, *others][:top]


def _like(
    trained: SearchResult, dataset: Dataset, config: TrainConfig, model_id: str
) -> Callable[[], SearchResult]:
    """How to get the training whose winner is this model."""
    if model_id == trained.model_id:
        return lambda: trained
    return lambda: train_rival(trained, dataset, config, model_id)


def _cost(
    make: Callable[[], SearchResult],
    dataset: Dataset,
    config: TrainConfig,
    warnings: Sequence[str],
) -> Cost:
    try:
        return measure_cost(make(), dataset, config, warnings)
    except PipelineError as err:
        return Cost(refusal=err.message)
    except Exception as err:
        # one model's fault must not end the others' training
        logger.debug("a candidate could not be tried as a graph", exc_info=True)
        return Cost(refusal=f"{type(err).__name__}: {err}")


def measure_cost(
    trained: SearchResult, dataset: Dataset, config: TrainConfig, warnings: Sequence[str] = ()
) -> Cost:
    """What one trained model is as a graph; `warnings` are texts that the file will carry.

    Raises:
        ConversionError: it has none.
    """
    from pipeline.export.model import export_model
    from pipeline.export.seal import seal_model
    from pipeline.parity.verify import compare_with_pycaret

    model = export_model(trained, dataset, warns=config.warnings)
    found = compare_with_pycaret(model, trained, _sample(dataset, trained.seed))
    row = {i.name: dataset.frame[i.name].head(1) for i in model.manifest.inputs}
    return Cost(
        max_error=float(max(found["max_error_table"], found["max_error_hostile"])),
        failures=int(found["failures"]),
        flips=int(found["flips"]),
        rows=int(found["rows_table"] + found["rows_hostile"]),
        microseconds_per_row=measure_latency(
            model.data, model.manifest, row, config.max_microseconds_per_row
        ),
        bytes=len(seal_model(model, _longest(found, config), "0" * 32, warnings).data),
    )


@dataclass(frozen=True)
class _Longest:
    """A verdict that takes at least as many bytes in the file as the one to come."""

    passed: bool
    summary: Mapping[str, Any]


def _longest(found: Mapping[str, Any], config: TrainConfig) -> Parity:
    numbers = {**found, **dict.fromkeys(ALONE_FIGURES, -sys.float_info.min)}
    if config.warnings:
        numbers |= dict.fromkeys(WARNING_FIGURES, 10**9)
    return cast("Parity", _Longest(passed=True, summary=numbers))


def _sample(dataset: Dataset, seed: int) -> Dataset:
    if len(dataset.frame) <= ROWS:
        return dataset
    return replace(dataset, frame=dataset.frame.sample(ROWS, random_state=seed))
