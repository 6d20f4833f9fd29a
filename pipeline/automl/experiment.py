"""Stage 2: trains on a table, and returns a fitted PyCaret pipeline with its leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.automl.compare import Search, search_models
from pipeline.automl.dummy_check import compare_with_dummy
from pipeline.automl.ensemble_members import pick_winner, require_two_classes
from pipeline.automl.ensembles import Composed, EnsembleContext, compose_models
from pipeline.automl.finalize import finalize_pipeline
from pipeline.automl.folds import cache_preparation
from pipeline.automl.holdout_predictions import predict_holdout
from pipeline.automl.leaderboard_metrics import find_deciding_metric
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.errors import PipelineError, causes
from pipeline.system.progress import Progress, Silent

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.audit.alarm import Alarm
    from pipeline.automl.candidate_cost import Cost
    from pipeline.automl.cross_validate import CrossValidation
    from pipeline.automl.deadline import Deadline
    from pipeline.automl.out_of_time import OutOfTimeResult
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.manifest import Label
    from pipeline.tasks import Task, TaskMetric


@dataclass(frozen=True)
class Candidate:
    """One compared or composed model.

    Attributes:
        id: PyCaret's, or what was made of which: `tune(gbr)`, `blend(tune(gbr)+rf)`.
        metrics: mean over the folds by PyCaret's display name; empty if failed.
        spread: standard deviation over the folds; empty without cross-validation.
        seconds: wall clock of its whole cross-validation, for a composed one of its whole step.
        params: the estimator's parameters as text.
        cost: what it is as a graph; None where that was not tried.
    """

    id: str
    name: str
    metrics: Mapping[str, float]
    spread: Mapping[str, float]
    seconds: float
    params: Mapping[str, str]
    failed: bool
    cost: Cost | None = None


@dataclass(frozen=True)
class SearchResult:
    """The winner of one experiment, or the composed model that was asked for.

    Attributes:
        pipeline: fitted PyCaret pipeline; the last step is the estimator.
        experiment: PyCaret's experiment object, for `predict_model` and plots.
        metric: the one that ranks the models.
        leaderboard: as PyCaret's `pull()` shows it: model ids in order, metrics, "TT (Sec)"; a
            line more for every composed model, which need not be the first to be chosen.
        candidates: in the order of the leaderboard, failed ones last.
        holdout: PyCaret's metrics of the winner on the holdout, before it saw those rows.
        holdout_predictions: the holdout's raw rows with the target and what `predict_model` said
            of them then: prediction_label and, per class, prediction_score_<label>.
        labels: classes in the order of the probabilities; None where numbers are predicted.
        choice: why this model won, where it is not simply the first of the leaderboard.
        nothing_learned: that no model is better than the dummy, and by which figures; else empty.
        hint: what to do where nothing was learned.
        left_out: ids of models and sections such as `[tune]` that the budget left no time for.
        alarms: what the stages of the training found that puts the model in doubt.
        held_out: how the holdout was chosen, where `[validation]` says so; else empty.
        forward: how it does on the newest rows; None where the table has no date.
    """

    task: Task
    model_id: str
    model_name: str
    pipeline: Any
    experiment: Any
    metric: TaskMetric
    leaderboard: pd.DataFrame
    candidates: tuple[Candidate, ...]
    holdout: Mapping[str, float]
    holdout_predictions: pd.DataFrame
    labels: tuple[Label, ...] | None
    seed: int
    choice: str = ""
    left_out: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    held_out: str = ""
    forward: OutOfTimeResult | None = None
    nothing_learned: str = ""
    hint: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether its first candidates were tried as graphs."""
        return any(candidate.cost is not None for candidate in self.candidates)


def run_experiment(
    dataset: Dataset,
    config: TrainConfig,
    progress: Progress | None = None,
    deadline: Deadline | None = None,
    check: Callable[[Any], None] | None = None,
) -> SearchResult:
    """Set up PyCaret on the table, compare models, and fit the best one or what is made of it.

    The same dataset, config and seed give the same leaderboard as PyCaret's own `setup` and
    `compare_models`, whatever the number of cores. A deadline ends the search early, and what it
    has found by then is finished: `SearchResult.left_out` says what is missing.

    Raises:
        ConfigError: an option that PyCaret refuses.
        DataError: PyCaret cannot use the table.
        PipelineError: a worker died, or the best model cannot be fitted.
    """
    progress = progress or Silent()
    with isolate_pycaret() as caches:
        experiment = set_up(dataset, config, caches)
        if check is not None:
            check(experiment.pipeline)
        metric = find_deciding_metric(dataset, config)
        require_two_classes(experiment, config, metric.id)
        arguments = _compare_arguments(config, metric)
        with cache_preparation():
            found = search_models(experiment, arguments, progress, deadline)
            verdict = compare_with_dummy(experiment, found, arguments)
            found = replace(found, chosen=verdict.model_id)
            if verdict.nothing_learned:  # there is nothing to compose
                made = Composed(pick_winner(experiment, found), found)
            else:
                made = compose_models(
                    EnsembleContext(experiment, found, metric, deadline), config, progress
                )
        progress.step(f"fitting {made.model.id}")
        if not made.taken:
            fitted = _fit(experiment, made.model.id, arguments)
            made = replace(made, model=replace(made.model, estimator=fitted))
        trained = _search_result(dataset, experiment, made, metric, config)
        learned = replace(trained, choice=verdict.text) if verdict.text else trained
        if trained.model_id == verdict.model_id:  # a composed model may be better
            learned = replace(learned, alarms=verdict.alarms)
        return replace(learned, nothing_learned=verdict.nothing_learned, hint=verdict.hint)


def train_rival(
    trained: SearchResult, dataset: Dataset, config: TrainConfig, model_id: str
) -> SearchResult:
    """Another compared model of the same experiment, fitted and held out as the winner was.

    Raises:
        PipelineError: it cannot be fitted.
    """
    experiment = trained.experiment
    with isolate_pycaret():
        arguments = _compare_arguments(config, trained.metric)
        model = _fit(experiment, model_id, arguments)
        predicted, holdout = predict_holdout(experiment, model, trained.task)
        return replace(
            trained,
            model_id=model_id,
            model_name=next(c.name for c in trained.candidates if c.id == model_id),
            pipeline=finalize_pipeline(experiment, model, config.finalize),
            holdout=holdout,
            holdout_predictions=predicted,
        )


def _compare_arguments(config: TrainConfig, metric: TaskMetric) -> dict[str, Any]:
    """What PyCaret's `compare_models` would be called with."""
    models = {"include": config.include, "exclude": config.exclude}
    return {**config.compare, **{k: list(v) for k, v in models.items() if v}, "sort": metric.id}


def _fit(experiment: Any, model_id: str, arguments: Mapping[str, Any]) -> Any:
    """Fit a model on the training rows, as the end of PyCaret's `compare_models` does."""
    passed = ("fit_kwargs", "groups", "probability_threshold", "engine")
    chosen = {key: arguments[key] for key in passed if key in arguments}
    if "engine" in chosen:
        chosen["engine"] = (chosen["engine"] or {}).get(model_id)
    try:
        return experiment.create_model(model_id, cross_validation=False, verbose=False, **chosen)
    except Exception as err:  # whatever the model raises: third party
        causes.raise_if_memory(err)
        raise PipelineError(
            f"model {model_id!r} was chosen by the comparison, but cannot be fitted: {err}",
            hint=f"Leave it out with --exclude {model_id}",
        ) from err


def _search_result(
    dataset: Dataset, experiment: Any, made: Composed, metric: TaskMetric, config: TrainConfig
) -> SearchResult:
    from pipeline.automl.split import describe_split

    task, model = dataset.task, made.model.estimator
    predicted, holdout = predict_holdout(experiment, model, task)
    pipeline = finalize_pipeline(experiment, model, config.finalize)
    return SearchResult(
        task=task,
        model_id=made.model.id,
        model_name=made.model.name,
        pipeline=pipeline,
        experiment=experiment,
        metric=metric,
        leaderboard=made.found.leaderboard,
        candidates=_candidates(made.found),
        holdout=holdout,
        holdout_predictions=predicted,
        labels=_labels(experiment, pipeline) if task.predicts == "classes" else None,
        seed=config.seed,
        left_out=made.found.left_out,
        held_out=describe_split(dataset, experiment),
    )


def _candidates(found: Search) -> tuple[Candidate, ...]:
    outcomes = {outcome.model_id: outcome for outcome in found.outcomes}
    failed = [model_id for model_id, outcome in outcomes.items() if outcome.row is None]
    return tuple(
        _candidate(outcomes[model_id], found.names[model_id])
        for model_id in [*found.leaderboard.index, *failed]
    )


def _candidate(outcome: CrossValidation, name: str) -> Candidate:
    model = outcome.record["model"] if outcome.record else None
    params = model.get_params() if model is not None else {}
    return Candidate(
        id=outcome.model_id,
        name=name,
        metrics=outcome.metrics,
        spread=outcome.spread,
        seconds=outcome.seconds,
        params={key: str(value) for key, value in params.items()},
        failed=outcome.row is None,
    )


def _labels(experiment: Any, pipeline: Any) -> tuple[Label, ...]:
    """Classes as in the training data, in the order of their ids."""
    from pycaret.utils.generic import get_label_encoder

    encoder = get_label_encoder(pipeline)
    classes = encoder.classes_ if encoder else sorted(set(experiment.y))
    return tuple(getattr(label, "item", lambda label=label: label)() for label in classes)
