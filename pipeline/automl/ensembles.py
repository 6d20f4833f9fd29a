"""Composed models: tuned, ensembled, blended, stacked, calibrated, with a threshold."""

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
from pipeline.automl.cross_validate import Outcome, recorded
from pipeline.automl.deadline import Deadline
from pipeline.automl.ensemble_members import Model, best, members, named, refuse
from pipeline.automl.failures import failed_is_missing
from pipeline.automl.setup import blamed
from pipeline.config import ensembles
from pipeline.config.sections import Section
from pipeline.errors import ConfigError
from pipeline.system.progress import Progress

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

    model: Model
    found: Search
    taken: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Bench:
    """What every step works with.

    Attributes:
        metric: id of the metric that decides.
        deadline: no step starts once the search's share of it is used up.
    """

    experiment: Any
    compared: Search
    metric: str
    deadline: Deadline | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is no time left for another step."""
        return self.deadline is not None and self.deadline.search_remaining() <= 0


def compose(bench: Bench, config: TrainConfig, progress: Progress) -> Composed:
    """Take the steps that the settings ask for, in the order of `sections.STEPS`.

    Every step is PyCaret's own function on the model so far; its model is kept, unless
    `choose_better` is on and a member scores better (the default for tuning alone, as in
    PyCaret). Either way its cross-validation becomes a line of the leaderboard. Steps that would
    start after the deadline are left out.

    Raises:
        ConfigError: the compared models do not fit a step, or PyCaret fails at one.
    """
    so_far = Composed(best(bench.experiment, bench.compared), bench.compared)
    steps = ensembles.steps(config)
    if steps and not bench.is_over:
        refuse(bench.experiment, bench.compared, config)
    for section in steps:
        if bench.is_over:
            break
        options = getattr(config, section)
        made_of = members(bench.experiment, bench.compared, section, options, so_far.model)
        progress.stage("compose", _labels(section, options, made_of)[0])
        so_far = _take(bench, section, options, made_of, so_far)
        line = so_far.found.outcomes[-1]
        progress.model_finished(line.model_id, line.metrics, line.seconds)
    _warn_if_worse(bench, so_far)
    return _without(so_far, steps[len(so_far.taken) :])


def _without(made: Composed, steps: Sequence[Section]) -> Composed:
    """The same, which also says for which steps there was no time."""
    if not steps:
        return made
    left_out = tuple(f"[{section}]" for section in steps)
    logger.warning("no time is left for %s: the model is %s", ", ".join(left_out), made.model.id)
    left_out = (*made.found.left_out, *left_out)
    return replace(made, found=replace(made.found, left_out=left_out))


def _take(
    bench: Bench,
    section: Section,
    options: Mapping[str, Any],
    made_of: Sequence[Model],
    so_far: Composed,
) -> Composed:
    """One step: its model, or the member that PyCaret returns because it scores better."""
    started = time.perf_counter()
    with failed_is_missing(), blamed(section, options), recorded(bench.experiment) as records:
        # PyCaret writes its defaults into the tables that it is given
        estimator = _MAKERS[section](bench, made_of, deepcopy(dict(options)))
    seconds = time.perf_counter() - started
    if section == "threshold":  # one record for every threshold that was tried
        records = [record for record in records if record["model"] is estimator]
    model_id, name = _labels(section, options, made_of)
    origin = "" if section in ("blend", "stack") else made_of[0].origin
    models = [Model(model_id, name, None, origin), *made_of]  # in the order of the records
    place = next(i for i, record in enumerate(records) if record["model"] is estimator)
    kept, found = replace(models[place], estimator=estimator), so_far.found
    if section == "tune" or options.get("choose_better"):
        _require_score(bench, section, kept, records[place])
    for model, record in ((models[0], records[0]), (kept, records[place])):
        if model.id not in found.names:  # a member need not have been compared
            found = _listed(bench, found, model, record, seconds)
    return Composed(kept, found, (*so_far.taken, section))


def _require_score(bench: Bench, section: Section, kept: Model, record: Mapping[str, Any]) -> None:
    """Refuse a choice by a metric that could not be computed of what was chosen."""
    column = bench.experiment.get_metrics().loc[bench.metric]["Display Name"]
    if math.isnan(record["scores"].loc["Mean", column]):
        raise ConfigError(
            f"[{section}]: {column} of {kept.id} could not be computed, expected a metric to "
            "choose by",
            hint=f"Choose another --metric, or leave [{section}] out",
            section=section,
        )


def _labels(
    section: Section, options: Mapping[str, Any], made_of: Sequence[Model]
) -> tuple[str, str]:
    """Id and name of what a step makes: `blend(gbr+rf)`, "Blend of … and …"."""
    method = options.get("method", "Bagging")
    word, before = WORDS.get(section, (method.lower(), f"{method} of"))
    *names, last = (model.name for model in made_of)
    listed = f"{', '.join(names)} and {last}" if names else last
    return f"{word}({'+'.join(model.id for model in made_of)})", f"{before} {listed}"


def _tune(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    arguments = {"choose_better": True, **options, "optimize": bench.metric}
    return bench.experiment.tune_model(
        made_of[0].estimator, verbose=False, tuner_verbose=False, **arguments
    )


def _ensemble(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    arguments = {**options, "optimize": bench.metric, "verbose": False}
    return bench.experiment.ensemble_model(made_of[0].estimator, **arguments)


def _blend(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    arguments = {**_pycarets(options), "optimize": bench.metric, "verbose": False}
    return bench.experiment.blend_models([model.estimator for model in made_of], **arguments)


def _stack(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    arguments = {**_pycarets(options), "optimize": bench.metric, "verbose": False}
    if "meta" in options:
        over = named(bench.experiment, bench.compared, options["meta"])
        arguments["meta_model"] = over.estimator
    return bench.experiment.stack_models([model.estimator for model in made_of], **arguments)


def _calibrate(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    return bench.experiment.calibrate_model(made_of[0].estimator, verbose=False, **options)


def _threshold(bench: Bench, made_of: Sequence[Model], options: Mapping[str, Any]) -> Any:
    model = made_of[0].estimator
    if "probability_threshold" in options:
        return bench.experiment.create_model(model, verbose=False, **options)
    # PyCaret shows its plot of the search in a browser, whatever `verbose` says
    with patch("plotly.basedatatypes.BaseFigure.show"):
        return bench.experiment.optimize_threshold(
            model, verbose=False, **{"optimize": bench.metric, **options}
        )


_MAKERS: Mapping[Section, Callable[[Bench, Sequence[Model], Mapping[str, Any]], Any]] = {
    "tune": _tune,
    "ensemble": _ensemble,
    "blend": _blend,
    "stack": _stack,
    "calibrate": _calibrate,
    "threshold": _threshold,
}


def _pycarets(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a section without the pipeline's own keys."""
    return {key: value for key, value in options.items() if key not in ("top", "models", "meta")}


def _listed(
    bench: Bench, found: Search, model: Model, record: Mapping[str, Any], seconds: float
) -> Search:
    """The leaderboard with one more line, below those with an equal score.

    "TT (Sec)" is the time of the whole step over the folds, so a search counts in full.
    """
    import pandas as pd

    row = record["scores"].loc[["Mean"]].set_axis([model.id])
    time_per_fold = round(seconds / (len(record["scores"]) - 2), 4)
    row = row.assign(**{"Model": model.name, "TT (Sec)": time_per_fold})
    row = row[found.leaderboard.columns]
    metric = bench.experiment.get_metrics().loc[bench.metric]
    board = pd.concat([found.leaderboard, row]).sort_values(
        by=metric["Display Name"], ascending=not metric["Greater is Better"], kind="stable"
    )
    names = {**found.names, model.id: model.name}
    outcomes = (*found.outcomes, Outcome(model.id, row, record, seconds))
    return replace(found, names=names, outcomes=outcomes, leaderboard=board)


def _warn_if_worse(bench: Bench, made: Composed) -> None:
    """Warn of a composed model that is worse; it is kept, as asked for."""
    metric = bench.experiment.get_metrics().loc[bench.metric]
    column, sign = metric["Display Name"], 1 if metric["Greater is Better"] else -1
    board, winner = made.found.leaderboard, bench.compared.winner
    ours, theirs = board.loc[made.model.id, column], board.loc[winner, column]
    if sign * (ours - theirs) < 0 or math.isnan(ours):
        logger.warning(
            "%s: %s %g in cross-validation, %s alone %g",
            made.model.id,
            column,
            ours,
            winner,
            theirs,
        )
