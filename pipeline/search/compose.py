"""Stage 2, composed models: tuned, ensembled, blended, stacked, calibrated, with a threshold."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from pipeline import composition
from pipeline.progress import Progress
from pipeline.search.compare import Search
from pipeline.search.evaluate import Outcome
from pipeline.search.members import Model, best, members, named, refuse
from pipeline.search.preparation import blamed
from pipeline.sections import Section

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.config import TrainConfig

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
    """The model after a step, fitted on the training rows, and the leaderboard so far."""

    model: Model
    found: Search


@dataclass(frozen=True)
class Bench:
    """What every step works with.

    Attributes:
        metric: id of the metric that decides.
    """

    experiment: Any
    compared: Search
    metric: str


def compose(
    experiment: Any, compared: Search, config: TrainConfig, metric: str, progress: Progress
) -> Composed:
    """Take the steps that the settings ask for, in the order of `sections.STEPS`.

    Every step is PyCaret's own function on the model so far; its model is kept, unless
    `choose_better` is on and a member scores better (the default for tuning alone, as in
    PyCaret). Either way its cross-validation becomes a line of the leaderboard.

    Raises:
        ConfigError: the compared models do not fit a step, or PyCaret fails at one.
    """
    refuse(experiment, compared, config)
    bench = Bench(experiment, compared, metric)
    so_far = Composed(best(experiment, compared), compared)
    for section in composition.steps(config):
        options = getattr(config, section)
        made_of = members(experiment, compared, section, options, so_far.model)
        progress.stage("compose", _labels(section, options, made_of)[0])
        so_far = _take(bench, section, options, made_of, so_far.found)
        line = so_far.found.outcomes[-1]
        progress.model_finished(line.model_id, line.metrics, line.seconds)
    _warn_if_worse(bench, so_far)
    return so_far


def _take(
    bench: Bench,
    section: Section,
    options: Mapping[str, Any],
    made_of: Sequence[Model],
    found: Search,
) -> Composed:
    """One step: its model, or the member that PyCaret returns because it scores better."""
    started = time.perf_counter()
    with blamed(section, options), _records(bench.experiment) as records:
        # PyCaret writes its defaults into the tables that it is given
        estimator = _MAKERS[section](bench, made_of, deepcopy(dict(options)))
    seconds = time.perf_counter() - started
    if section == "threshold":  # one record for every threshold that was tried
        records = [record for record in records if record["model"] is estimator]
    model_id, name = _labels(section, options, made_of)
    origin = "" if section in ("blend", "stack") else made_of[0].origin
    models = [Model(model_id, name, None, origin), *made_of]  # in the order of the records
    place = next(i for i, record in enumerate(records) if record["model"] is estimator)
    kept = replace(models[place], estimator=estimator)
    for model, record in ((models[0], records[0]), (kept, records[place])):
        if model.id not in found.names:  # a member need not have been compared
            found = _listed(bench, found, model, record, seconds)
    return Composed(kept, found)


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


@contextmanager
def _records(experiment: Any) -> Iterator[list[Mapping[str, Any]]]:
    """What PyCaret writes down about each model that it cross-validates in the block.

    The experiment forgets it: a search for a threshold leaves dozens of fitted models behind.
    """
    container, found = experiment._master_model_container, list[Mapping[str, Any]]()
    known = len(container)
    try:
        yield found
    finally:
        found += ({**record, "scores": _validation(record)} for record in container[known:])
        del container[known:]


def _validation(record: Mapping[str, Any]) -> pd.DataFrame:
    """Scores by fold, Mean and Std, without those on the rows that were fitted."""
    scores: pd.DataFrame = record["scores"]
    if scores.index.nlevels > 1:
        return scores[scores.index.get_level_values("Split") == "CV-Val"].droplevel("Split")
    return scores


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
    return Search(names, (*found.outcomes, Outcome(model.id, row, record, seconds)), board)


def _warn_if_worse(bench: Bench, made: Composed) -> None:
    """A composed model is kept as asked for, but not without a word."""
    metric = bench.experiment.get_metrics().loc[bench.metric]
    column, sign = metric["Display Name"], 1 if metric["Greater is Better"] else -1
    board, winner = made.found.leaderboard, bench.compared.leaderboard.index[0]
    ours, theirs = board.loc[made.model.id, column], board.loc[winner, column]
    if sign * (ours - theirs) < 0:
        logger.warning(
            "%s: %s %g in cross-validation, %s alone %g",
            made.model.id,
            column,
            ours,
            winner,
            theirs,
        )
