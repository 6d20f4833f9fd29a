"""Compares models in parallel: one forked worker per core, one thread per fit.

PyCaret spreads the folds of one model over processes, where the threads of LightGBM and others
fight those of the cross-validation. Here every worker runs PyCaret's own `compare_models` on one
model at a time, and the rows are merged as PyCaret merges them.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.automl.cross_validate import CrossValidation, cross_validate
from pipeline.automl.deadline import Deadline, format_duration
from pipeline.automl.schedule import ModelSchedule
from pipeline.automl.workers import Worker, WorkerDiedError, start_workers, wait_for_first
from pipeline.config.suggest import suggest
from pipeline.errors import ConfigError, DataError, PipelineError, ResourceError, causes
from pipeline.system.cores import can_fork, usable_cores
from pipeline.system.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

OURS = ("include", "exclude", "turbo", "n_select", "budget_time", "verbose", "parallel", "metrics")
"""Arguments of `[compare]` that concern the whole search, not one model."""


@dataclass(frozen=True)
class Search:
    """All outcomes in PyCaret's order, and the leaderboard that PyCaret makes of them.

    Attributes:
        left_out: ids of models, and later sections such as `[tune]`, that the deadline left no
            time for.
        chosen: id of the winner where it is not the first; the guard says which.
    """

    names: Mapping[str, str]
    outcomes: tuple[CrossValidation, ...]
    leaderboard: pd.DataFrame
    left_out: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def winner(self) -> str:
        """Id of the model to go on with."""
        return self.chosen or str(self.leaderboard.index[0])


def search_models(
    experiment: Any,
    arguments: Mapping[str, Any],
    progress: Progress,
    deadline: Deadline | None = None,
) -> Search:
    """Compare models as `experiment.compare_models(**arguments)` does, without choosing one.

    Rows, order and values of the leaderboard are PyCaret's own for the same seed; only
    "TT (Sec)" is a clock and differs. `sort` must be the id of a metric.

    When the search's share of the deadline is used up no model starts, those in work are ended,
    and the leaderboard is of those that have finished: at least one, which is waited for. A model
    that this process fits itself, where there is no fork, is finished first.

    Raises:
        ConfigError: an unknown model id, or an argument that PyCaret refuses.
        DataError: not one model could be fitted.
        PipelineError: a model failed under `errors="raise"`, or a worker died.
    """
    names = list_library(experiment, arguments)
    progress.models(names)
    each = select_model_arguments(arguments)
    schedule, jobs = ModelSchedule(arguments, deadline), _count_jobs(len(names), deadline)
    queue = schedule.of(list(names), progress)
    for outcome in _outcomes(
        queue, lambda i: cross_validate(experiment, i, each), jobs, schedule.seconds
    ):
        schedule.found[outcome.model_id] = outcome
        progress.model_finished(outcome.model_id, outcome.metrics, outcome.seconds)
        _report_failure(outcome)
    outcomes = tuple(schedule.found[model_id] for model_id in names if model_id in schedule.found)
    left_out = schedule.left_out(list(names))
    if deadline is not None and left_out:
        _warn(deadline, left_out)
    board = _leaderboard(experiment, outcomes, str(each["sort"]), each.get("round", 4))
    experiment._master_model_container += [o.record for o in outcomes if o.record is not None]
    experiment._display_container.append(board)  # what pull() shows after compare_models
    return Search(names, outcomes, board, left_out)


def list_library(experiment: Any, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Id to full name of the models to compare, in PyCaret's order.

    Raises:
        ConfigError: an id that this experiment does not have, or nothing left to compare.
    """
    models = experiment.models()
    include, exclude = arguments.get("include"), arguments.get("exclude") or ()
    if include and exclude:
        raise ConfigError(
            "got both include and exclude, expected one of them",
            hint="Name the models to compare, or those to leave out",
        )
    for model_id in [*(include or ()), *exclude]:
        _require_known(model_id, list(models.index))
    if not include:
        turbo = arguments.get("turbo", True)
        include = models.index[models.Turbo] if turbo else models.index
    names = {i: str(models.Name[i]) for i in include if i not in exclude}
    if not names:
        raise ConfigError("got no model to compare, expected at least one", hint="Exclude fewer")
    return names


def select_model_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those arguments of `compare_models` that concern the models, not the search."""
    return {key: value for key, value in arguments.items() if key not in OURS}


def _require_known(model_id: Any, ids: list[str]) -> None:
    if model_id not in ids:
        raise ConfigError(
            f"got model {model_id!r}, expected one of {', '.join(ids)}",
            hint=suggest(str(model_id), ids),
            model=model_id,
        )


def _count_jobs(models: int, deadline: Deadline | None) -> int:
    """Number of workers; 0 where this process compares the models itself, one by one."""
    jobs = min(models, usable_cores())
    must_end = deadline is not None and can_fork()  # only a worker can be ended in the middle
    return jobs if jobs > 1 or must_end else 0


def _outcomes(
    queue: Iterator[str],
    task: Callable[[str], CrossValidation],
    jobs: int,
    seconds: Callable[[], float | None],
) -> Iterator[CrossValidation]:
    """Outcomes in the order in which they arrive."""
    if not jobs:
        yield from map(task, queue)
        return
    with start_workers(jobs, task) as workers:
        yield from _distribute(queue, workers, seconds)


def _distribute(
    queue: Iterator[str], workers: Sequence[Worker], seconds: Callable[[], float | None]
) -> Iterator[CrossValidation]:
    """Hand every worker the next model as soon as it is free; the caller ends them."""
    busy: dict[Worker, str] = {}
    free = deque(workers)
    while True:
        while free and (model_id := next(queue, None)) is not None:
            worker = free.popleft()
            busy[worker] = model_id
            worker.ask(model_id)
        if not busy or (ready := wait_for_first(list(busy), seconds())) is None:
            return
        model_id = busy.pop(ready)
        try:
            outcome: CrossValidation = ready.answer()
        except WorkerDiedError as err:
            raise _worker_error(model_id, err) from err
        free.append(ready)
        yield outcome


def _warn(deadline: Deadline, left_out: Sequence[str]) -> None:
    logger.warning(
        "the search's share (%g %%) of the budget of %s is used up; left out: %s",
        *(100 * deadline.share, format_duration(deadline.seconds), ", ".join(left_out)),
    )


def _worker_error(model_id: str, err: WorkerDiedError) -> PipelineError:
    kind = ResourceError if err.cause == "SIGKILL" else PipelineError
    return kind(
        f"model {model_id!r}: expected a result, but its worker was ended by {err.cause}",
        hint=(
            f"Most often the memory ran out: leave it out (--exclude {model_id}), "
            "or fit one model at a time (LOKY_MAX_CPU_COUNT=1)."
        ),
        model=model_id,
        log=err.log,
    )


def _report_failure(outcome: CrossValidation) -> None:
    """Log a failure that PyCaret ignores, raise one that it does not.

    PyCaret's own checks of its arguments raise ValueError and TypeError without naming the model,
    a failing model under `errors="raise"` a RuntimeError that does.
    """
    if outcome.row is not None:
        return
    lacking = causes.mentions_memory(outcome.reason)
    if not outcome.fatal:
        reason = f"{causes.MEMORY} ({outcome.reason})" if lacking else outcome.reason
        logger.warning("model %s failed and is left out: %s", outcome.model_id, reason)
    elif lacking:
        raise causes.memory_error(f"model {outcome.model_id!r} in cross-validation")
    elif outcome.reason.startswith("create_model() failed"):
        raise PipelineError(
            f"model {outcome.model_id!r} failed in cross-validation: {outcome.reason}",
            hint='Leave it out with --exclude, or set errors = "ignore".',
            model=outcome.model_id,
        )
    else:
        raise ConfigError(f"compare: {outcome.reason}", model=outcome.model_id)


def _leaderboard(
    experiment: Any, outcomes: Sequence[CrossValidation], sort: str, digits: int
) -> pd.DataFrame:
    """Merge rows as PyCaret does: rounded and sorted again after every model.

    The repetition matters: the order of equal scores depends on it.
    """
    import pandas as pd

    metric = experiment.get_metrics().loc[sort]
    board: pd.DataFrame | None = None
    for row in (outcome.row for outcome in outcomes if outcome.row is not None):
        board = row if board is None else pd.concat([board, row])
        board = board.round(digits).sort_values(
            by=metric["Display Name"], ascending=not metric["Greater is Better"]
        )
    if board is None:
        reasons = {outcome.model_id: outcome.reason for outcome in outcomes}
        if any(map(causes.mentions_memory, reasons.values())):
            raise causes.memory_error(f"none of {', '.join(reasons)} could be fitted")
        raise DataError(
            f"got {len(reasons)} models that all failed, expected at least one to fit",
            hint="; ".join(f"{model_id}: {reason}" for model_id, reason in reasons.items()),
            reasons=reasons,
        )
    if board[metric["Display Name"]].isna().all():
        name = metric["Display Name"]
        raise ConfigError(
            f"metric: {name} could not be computed for any of {len(board)} models",
            hint="Choose another --metric, or include models with probabilities",
        )
    return board
