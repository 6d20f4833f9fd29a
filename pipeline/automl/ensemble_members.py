"""Chooses the members of an ensemble, and refuses those that cannot be combined."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.automl.compare import Search
from pipeline.config import ensemble_rules
from pipeline.config.sections import Section
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SearchModel:
    """One model on the way from the comparison to the last step.

    Attributes:
        id: its line of the leaderboard.
        estimator: an estimator like it, fitted or not; PyCaret fits a clone.
        origin: the compared model that it is a form of; empty where it is made of several.
    """

    id: str
    name: str
    estimator: Any
    origin: str


def pick_winner(experiment: Any, compared: Search) -> SearchModel:
    """The winner of the comparison, not fitted."""
    return pick_model(experiment, compared, compared.winner)


def pick_model(experiment: Any, compared: Search, model_id: str) -> SearchModel:
    """A model of PyCaret's library, not fitted: as it was compared, or as it would have been."""
    known = experiment._all_models_internal[model_id]
    for outcome in compared.outcomes:
        if outcome.model_id == model_id and outcome.record is not None:
            return SearchModel(model_id, str(known.name), outcome.record["model"], model_id)
    return SearchModel(model_id, str(known.name), known.class_def(**known.args), model_id)


def pick_members(
    experiment: Any,
    compared: Search,
    section: Section,
    options: Mapping[str, Any],
    current: SearchModel,
) -> tuple[SearchModel, ...]:
    """The members of a blend or stack, or the one model that any other step takes.

    The model so far stands in the place of the compared one that it is a form of. One that is
    made of several, a blend under a stack, is the first member beside those asked for.

    Raises:
        ConfigError: fewer models could be fitted than are asked for.
    """
    if section not in ("blend", "stack"):
        return (current,)
    ids = ensemble_rules.choose_member_ids(options, list(compared.leaderboard.index))
    wanted = options.get("top", ensemble_rules.LEAST[section, "top"])
    if "models" not in options and len(ids) < wanted:
        raise ConfigError(
            f"[{section}] top: got {wanted}, expected at most {len(ids)}, "
            "the models that could be fitted",
            hint="Include more models, or ask for fewer",
            section=section,
        )
    chosen = [current if i == current.origin else pick_model(experiment, compared, i) for i in ids]
    if not current.origin:
        return (current, *chosen)
    if current.origin not in ids and current.id != current.origin:
        logger.warning("[%s] models: %s is not among them, so it is unused", section, current.id)
    return tuple(chosen)


def refuse_impossible_ensembles(experiment: Any, compared: Search, config: TrainConfig) -> None:
    """Stop before the first composed model is fitted if a later one cannot be made.

    Raises:
        ConfigError: names the section, the model and what to do.
    """
    winner = pick_winner(experiment, compared)
    made_of = {
        section: pick_members(experiment, compared, section, options, winner)
        for section, options in _sections_with_members(config)
    }
    if not hasattr(experiment, "calibrate_model"):  # regression: every model can do everything
        return
    if (config.ensemble or {}).get("method") == "Boosting":
        _require_boostable(winner)
    for section, chosen in made_of.items():
        # an ensemble has probabilities whatever it is made of
        plain = [m for m in chosen if config.ensemble is None or m is not winner]
        _require_method(section, getattr(config, section), plain)
    _require_scores(config, winner, made_of.get("blend", ()))


def require_two_classes(experiment: Any, config: TrainConfig, metric: str) -> None:
    """Refuse a threshold where there is none, or a metric that does not depend on it.

    Raises:
        ConfigError: more than two classes, or a search by a metric like AUC.
    """
    if config.threshold is None:
        return
    if experiment.is_multiclass:
        classes = experiment.y.nunique()
        raise ConfigError(
            f"[threshold]: got a target with {classes} classes, expected two",
            hint="Remove the section: with more classes the most probable one is chosen",
            section="threshold",
            classes=classes,
        )
    if "probability_threshold" not in config.threshold:
        ensemble_rules.require_searchable(config.threshold.get("optimize", metric))


def _sections_with_members(config: TrainConfig) -> list[tuple[Section, Mapping[str, Any]]]:
    both: tuple[tuple[Section, Mapping[str, Any] | None], ...]
    both = (("blend", config.blend), ("stack", config.stack))
    return [(section, options) for section, options in both if options is not None]


def _require_boostable(winner: SearchModel) -> None:
    from sklearn.utils.validation import has_fit_parameter

    weighted = has_fit_parameter(winner.estimator, "sample_weight")
    if not (weighted and hasattr(winner.estimator, "predict_proba")):
        raise ConfigError(
            f"[ensemble] method: got Boosting over {winner.id}, which won the comparison, expected "
            "a model with probabilities that learns from weighted rows",
            hint=f'Set method = "Bagging", or leave {winner.id} out with --exclude',
            section="ensemble",
            model=winner.id,
        )


def _require_method(
    section: Section, options: Mapping[str, Any], chosen: Sequence[SearchModel]
) -> None:
    """Every member answers in the way that the section's method asks for."""
    method = options.get("method", "auto")
    needed = {"soft": "predict_proba"}.get(method, method)
    without = [
        m.id for m in chosen if needed[:4] in ("pred", "deci") and not hasattr(m.estimator, needed)
    ]
    if without:
        raise ConfigError(
            f"[{section}] method: got {method!r} with {', '.join(without)}, expected members that "
            f"have {needed}",
            hint='Set method = "auto", or name the members with `models`',
            section=section,
            models=without,
        )


def _require_scores(
    config: TrainConfig, winner: SearchModel, blended: Sequence[SearchModel]
) -> None:
    """What [calibrate] and [threshold] are put on has scores, and probabilities in the end."""
    if config.stack is not None:
        return  # its own model is known before the comparison
    if config.blend is not None:
        votes = ensemble_rules.decides_by_labels(config.blend, [m.id for m in blended])
        why = "a blend that counts votes" if votes else ""
        refused = "calibrate" if config.calibrate is not None else "threshold"
    else:
        plain = config.ensemble is None and not hasattr(winner.estimator, "predict_proba")
        why = f"{winner.id}, which won the comparison" if plain else ""
        refused = "threshold" if config.calibrate is None else ""
    if why and refused and getattr(config, refused) is not None:
        raise ConfigError(
            f"[{refused}] model: got {why}, expected a model with probabilities",
            hint=f"Leave [{refused}] out, or models without probabilities "
            f"({', '.join(ensemble_rules.NO_PROBABILITIES)})",
            section=refused,
        )
