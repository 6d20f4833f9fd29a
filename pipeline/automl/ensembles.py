"""Tunes, ensembles, blends, stacks and calibrates models, and sets a threshold."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from pipeline.automl.compare import Search
from pipeline.automl.cross_validate import CrossValidation, record_cross_validations
from pipeline.automl.deadline import Deadline
from pipeline.automl.ensemble_members import (
    SearchModel,
    pick_members,
    pick_model,
    pick_winner,
    refuse_impossible_ensembles,
)
from pipeline.automl.failures import treat_failures_as_missing
from pipeline.automl.setup import blame_option
from pipeline.config import ensemble_rules
from pipeline.config.sections import Section
from pipeline.errors import ConfigError
from pipeline.system.progress import Progress
from pipeline.tasks import TaskMetric

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig

logger = logging.getLogger(__name__)

WORDS: Mapping[Section, tuple[str, str]] = {
    "tune": ("tune", "Tuned"),
    "blend": ("blend", "Blend of"),
    "stack": ("stack", "Stack of"),
    "calibrate": ("calibrate", "Calibrated"),
    "threshold": ("threshold", "Own threshold for"),
}
"""How the model of a step is called: in its id, and before the names of its members."""


@dataclass(frozen=True)
class Composed:
    """The model after a step, and the leaderboard so far.

    Attributes:
        model: fitted on the training rows; the winner of the comparison, not fitted, after none.
        taken: the steps that have made it.
    """

    model: SearchModel
    found: Search
    taken: tuple[Section, ...] = ()


@dataclass(frozen=True)
class EnsembleContext:
    """What every step works with.

    Attributes:
        metric: the one that decides.
        deadline: no step starts once the search's share of it is used up.
    """

    experiment: Any
    compared: Search
    metric: TaskMetric
    deadline: Deadline | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is no time left for another step."""
        return self.deadline is not None and self.deadline.search_remaining() <= 0


def compose_models(context: EnsembleContext, config: TrainConfig, progress: Progress) -> Composed:
    """Take the steps that the settings ask for, in the order of `sections.STEPS`.

    Every step is PyCaret's own function on the model so far; its model is kept, unless
    `choose_better` is on and a member scores better (the default for tuning alone, as in
    PyCaret). Either way its cross-validation becomes a line of the leaderboard. Steps that would
    start after the deadline are left out.

    Raises:
        ConfigError: the compared models do not fit a step, or PyCaret fails at one.
    """
    so_far = Composed(pick_winner(context.experiment, context.compared), context.compared)
    steps = ensemble_rules.list_ensemble_steps(config)
    if steps and not context.is_over:
        refuse_impossible_ensembles(context.experiment, context.compared, config)
    for section in steps:
        if context.is_over:
            break
        options = getattr(config, section)
        made_of = pick_members(context.experiment, context.compared, section, options, so_far.model)
        progress.stage("compose", _labels(section, options, made_of)[0])
        so_far = _take_step(context, section, options, made_of, so_far)
        line = so_far.found.outcomes[-1]
        progress.model_finished(line.model_id, line.metrics, line.seconds)
    _warn_if_worse(context, so_far)
    return _note_skipped_steps(so_far, steps[len(so_far.taken) :])


def _note_skipped_steps(made: Composed, steps: Sequence[Section]) -> Composed:
    """The same, which also says for which steps there was no time."""
    if not steps:
        return made
    left_out = tuple(f"[{section}]" for section in steps)
    logger.warning("no time is left for %s: the model is %s", ", ".join(left_out), made.model.id)
    left_out = (*made.found.left_out, *left_out)
    return replace(made, found=replace(made.found, left_out=left_out))


def _take_step(
    context: EnsembleContext,
    section: Section,
    options: Mapping[str, Any],
    made_of: Sequence[SearchModel],
    so_far: Composed,
) -> Composed:
    """One step: its model, or the member that PyCaret returns because it scores better."""
    started = time.perf_counter()
    with (
        treat_failures_as_missing(),
        blame_option(section, options),
        record_cross_validations(context.experiment) as records,
    ):
        # PyCaret writes its defaults into the tables that it is given
        estimator = _MAKERS[section](context, made_of, deepcopy(dict(options)))
    seconds = time.perf_counter() - started
    if section == "threshold":  # one record for every threshold that was tried
        records = [record for record in records if record["model"] is estimator]
    model_id, name = _labels(section, options, made_of)
    origin = "" if section in ("blend", "stack") else made_of[0].origin
    models = [SearchModel(model_id, name, None, origin), *made_of]  # in the order of the records
    place = next(i for i, record in enumerate(records) if record["model"] is estimator)
    kept, found = replace(models[place], estimator=estimator), so_far.found
    if section == "tune" or options.get("choose_better"):
        _require_score(context, section, kept, records[place])
    for model, record in ((models[0], records[0]), (kept, records[place])):
        if model.id not in found.names:  # a member need not have been compared
            found = _add_to_leaderboard(context, found, model, record, seconds)
    return Composed(kept, found, (*so_far.taken, section))


def _require_score(
    context: EnsembleContext, section: Section, kept: SearchModel, record: Mapping[str, Any]
) -> None:
    """Refuse a choice by a metric that could not be computed of what was chosen."""
    column = context.metric.column
    if math.isnan(record["scores"].loc["Mean", column]):
        raise ConfigError(
            f"[{section}]: {column} of {kept.id} could not be computed, expected a metric to "
            "choose by",
            hint=f"Choose another --metric, or leave [{section}] out",
            section=section,
        )


def _labels(
    section: Section, options: Mapping[str, Any], made_of: Sequence[SearchModel]
) -> tuple[str, str]:
    """Id and name of what a step makes: `blend(gbr+rf)`, "Blend of … and …"."""
    method = options.get("method", "Bagging")
    word, before = WORDS.get(section, (method.lower(), f"{method} of"))
    *names, last = (model.name for model in made_of)
    listed = f"{', '.join(names)} and {last}" if names else last
    return f"{word}({'+'.join(model.id for model in made_of)})", f"{before} {listed}"


def _tune(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    arguments = {"choose_better": True, **options, "optimize": context.metric.id}
    return context.experiment.tune_model(
        made_of[0].estimator, verbose=False, tuner_verbose=False, **arguments
    )


def _ensemble(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    arguments = {**options, "optimize": context.metric.id, "verbose": False}
    return context.experiment.ensemble_model(made_of[0].estimator, **arguments)


def _blend(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    arguments = {**_pycaret_arguments(options), "optimize": context.metric.id, "verbose": False}
    return context.experiment.blend_models([model.estimator for model in made_of], **arguments)


def _stack(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    arguments = {**_pycaret_arguments(options), "optimize": context.metric.id, "verbose": False}
    if "meta" in options:
        over = pick_model(context.experiment, context.compared, options["meta"])
        arguments["meta_model"] = over.estimator
    return context.experiment.stack_models([model.estimator for model in made_of], **arguments)


def _calibrate(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    return context.experiment.calibrate_model(made_of[0].estimator, verbose=False, **options)


def _threshold(
    context: EnsembleContext, made_of: Sequence[SearchModel], options: Mapping[str, Any]
) -> Any:
    model = made_of[0].estimator
    if "probability_threshold" in options:
        return context.experiment.create_model(model, verbose=False, **options)
    # PyCaret shows its plot of the search in a browser, whatever `verbose` says
    with patch("plotly.basedatatypes.BaseFigure.show"):
        return context.experiment.optimize_threshold(
            model, verbose=False, **{"optimize": context.metric.id, **options}
        )


_MAKERS: Mapping[
    Section, Callable[[EnsembleContext, Sequence[SearchModel], Mapping[str, Any]], Any]
] = {
    "tune": _tune,
    "ensemble": _ensemble,
    "blend": _blend,
    "stack": _stack,
    "calibrate": _calibrate,
    "threshold": _threshold,
}


def _pycaret_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a section without the pipeline's own keys."""
    return {key: value for key, value in options.items() if key not in ("top", "models", "meta")}


def _add_to_leaderboard(
    context: EnsembleContext,
    found: Search,
    model: SearchModel,
    record: Mapping[str, Any],
    seconds: float,
) -> Search:
    """The leaderboard with one more line, below those with an equal score.

    "TT (Sec)" is the time of the whole step over the folds, so a search counts in full.
    """
    import pandas as pd

    row = record["scores"].loc[["Mean"]].set_axis([model.id])
    time_per_fold = round(seconds / (len(record["scores"]) - 2), 4)
    row = row.assign(**{"Model": model.name, "TT (Sec)": time_per_fold})
    row = row[found.leaderboard.columns]
    metric = context.metric
    board = pd.concat([found.leaderboard, row]).sort_values(
        by=metric.column, ascending=metric.is_loss, kind="stable"
    )
    names = {**found.names, model.id: model.name}
    outcomes = (*found.outcomes, CrossValidation(model.id, row, record, seconds))
    return replace(found, names=names, outcomes=outcomes, leaderboard=board)


def _warn_if_worse(context: EnsembleContext, made: Composed) -> None:
    """Warn of a composed model that is worse; it is kept, as asked for."""
    column, sign = context.metric.column, context.metric.sign
    scores, winner = made.found.leaderboard[column], context.compared.winner
    ours, theirs = scores[made.model.id], scores[winner]
    if sign * (ours - theirs) < 0 or math.isnan(ours):
        logger.warning(
            "%s: %s %g in cross-validation, %s alone %g",
            made.model.id,
            column,
            ours,
            winner,
            theirs,
        )
