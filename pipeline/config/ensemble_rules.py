"""Checks the sections that compose models, alone and together.

What can be known before a model is compared is refused here; what depends on the leaderboard is
refused by pipeline/automl/ensemble_members.py, before the first composed model is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.config.sections import STEPS, Section
from pipeline.config.suggest import suggest
from pipeline.errors import ConfigError
from pipeline.tasks import CLASSIFICATION, TASKS, TaskName

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig

CHOICES: Mapping[tuple[Section, str], tuple[str, ...]] = {
    ("ensemble", "method"): ("Bagging", "Boosting"),
    ("blend", "method"): ("auto", "soft", "hard"),
    ("stack", "method"): ("auto", "predict_proba", "decision_function", "predict"),
    ("calibrate", "method"): ("sigmoid", "isotonic"),
}
"""The texts that an argument takes; PyCaret's own list for blends has some that then fail."""

LEAST: Mapping[tuple[Section, str], int] = {
    ("ensemble", "n_estimators"): 1,
    ("blend", "top"): 2,
    ("stack", "top"): 1,
    ("stack", "meta_model_fold"): 2,
    ("calibrate", "calibrate_fold"): 2,
}

TOP = 3
"""Members of a blend or stack that names none."""

NO_PROBABILITIES = CLASSIFICATION.without_probabilities


def check_ensembles(config: TrainConfig, tasks: Sequence[TaskName]) -> None:
    """Refuse sections that contradict themselves, each other or the models.

    Args:
        config: settings whose arguments are checked one by one already.
        tasks: all of them while the task is still unknown.

    Raises:
        ConfigError: what was found, what was expected and what to do.
    """
    for section in STEPS:
        _require_values(section, getattr(config, section) or {})
    for section, options in (("blend", config.blend), ("stack", config.stack)):
        if options is not None:
            _require_members(section, options, tasks)
            _require_enough(section, options, config)
    _require_weights(config)
    _require_folds(config)
    _require_boostable(config, tasks)
    _require_probabilities(config)
    _require_threshold(config)


def list_ensemble_steps(config: TrainConfig) -> tuple[Section, ...]:
    """The steps that the settings ask for, in order."""
    return tuple(section for section in STEPS if getattr(config, section) is not None)


def choose_member_ids(options: Mapping[str, Any], compared: Sequence[str]) -> tuple[str, ...]:
    """Ids of the models that a blend or stack is made of, given those compared, best first."""
    if "models" in options:
        return tuple(options["models"])
    return tuple(compared[: options.get("top", TOP)])


def decides_by_labels(blend: Mapping[str, Any], ids: Sequence[str]) -> bool:
    """Whether a blend of these classifiers counts votes, and so has no probabilities."""
    method = blend.get("method", "auto")
    return method == "hard" or (method == "auto" and bool(set(ids) & set(NO_PROBABILITIES)))


def _require_values(section: Section, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        words, least = CHOICES.get((section, name)), LEAST.get((section, name))
        if words is not None and value not in words:
            raise _refusal(section, name, repr(value), " or ".join(map(repr, words)))
        if least is not None and value is not None and value < least:
            raise _refusal(section, name, str(value), f"at least {least}")


def _require_members(
    section: Section, options: Mapping[str, Any], tasks: Sequence[TaskName]
) -> None:
    if "top" in options and "models" in options:
        hint = "`top` takes the best of the comparison, `models` the ids you name"
        raise _refusal(section, "top and models", "both", "one of them", hint)
    ids = options.get("models", ())
    known = {model for task in tasks for model in TASKS[task].models}
    for model in (*ids, *([options["meta"]] if "meta" in options else ())):
        if model not in known:
            expected = f"a model id of {' or '.join(tasks)}"
            raise _refusal(section, "models or meta", repr(model), expected, suggest(model, known))
    if len(set(ids)) < len(ids):
        hint = "A blend counts a model more by `weights`"
        raise _refusal(section, "models", ", ".join(ids), "every id once", hint)


def _require_enough(section: Section, options: Mapping[str, Any], config: TrainConfig) -> None:
    """As many members as a blend or stack needs, and no more than are compared."""
    least = LEAST[section, "top"]
    known = config.include if "models" not in options else tuple(options["models"])
    if known is None:
        return
    if len(choose_member_ids(options, known)) < least:
        hint = f"Name more models, or leave [{section}] out"
        raise _refusal(section, "members", str(len(known)), f"at least {least}", hint)
    if options.get("top", 0) > len(known):
        hint = "Name more models under `include`, or ask for fewer"
        raise _refusal(section, "top", str(options["top"]), f"at most {len(known)}", hint)


def _require_weights(config: TrainConfig) -> None:
    """A weight for every member of the blend, and something left of their sum."""
    blend = config.blend or {}
    weights = blend.get("weights")
    if weights is None:
        return
    count = len(choose_member_ids(blend, config.include or [""] * blend.get("top", TOP)))
    if len(weights) != count:
        hint = "Name the members with `models`, so that it is clear whose weight each one is"
        raise _refusal("blend", "weights", f"{len(weights)} of them", str(count), hint)
    if min(weights) < 0 or sum(weights) == 0:
        raise _refusal("blend", "weights", str(weights), "numbers from 0 up, not all of them 0")


def _require_folds(config: TrainConfig) -> None:
    """PyCaret cross-validates what it composes: beside it the comparison must do so too."""
    found = list_ensemble_steps(config)
    if found and config.compare.get("cross_validation") is False:
        hint = f"Remove it, or leave out [{found[0]}], whose model PyCaret always cross-validates"
        raise _refusal("compare", "cross_validation", "false", "true", hint)
    wraps = [section for section in found if section != "tune"]
    if wraps and config.compare.get("probability_threshold") is not None:
        hint = "Put it under [threshold]: a composed model forgets that of its members"
        name = "probability_threshold"
        raise _refusal("compare", name, f"one beside [{wraps[0]}]", "none", hint)


def _require_boostable(config: TrainConfig, tasks: Sequence[TaskName]) -> None:
    if config.ensemble is None or config.ensemble.get("method") != "Boosting":
        return
    known = (TASKS[name] for name in tasks)
    unable = [{*task.without_weights, *task.without_probabilities} for task in known]
    if config.include and all(set(config.include) <= ids for ids in unable):
        hint = "Use Bagging, or include a model that learns from weighted rows, such as dt"
        found = f"Boosting over {' or '.join(config.include)}"
        raise _refusal("ensemble", "method", found, "a model that can be boosted", hint)


def _require_probabilities(config: TrainConfig) -> None:
    """Probabilities where a section works on them, as far as the named models tell."""
    blend, stack = config.blend, config.stack
    for section, options, needs in (
        ("blend", blend, (blend or {}).get("method") == "soft"),
        ("stack", stack, (stack or {}).get("method") == "predict_proba"),
    ):
        named = (options or {}).get("models", ())
        if needs and (without := [i for i in named if i in NO_PROBABILITIES]):
            hint = f'Leave {" and ".join(without)} out, or set method = "auto"'
            raise _refusal(section, "models", ", ".join(without), "models with probabilities", hint)
    if not (why := _without(config)):
        return
    if config.calibrate is not None and stack is None and blend is not None:
        hint = 'Leave [calibrate] out, or blend models with probabilities by method = "soft"'
        raise _refusal("calibrate", "model", why, "a model with scores to calibrate", hint)
    if config.threshold is not None and config.calibrate is None:
        hint = "Leave [threshold] out, or add [calibrate] where the model has scores"
        raise _refusal("threshold", "model", why, "a model with probabilities", hint)


def _without(config: TrainConfig) -> str:
    """Why the model before [calibrate] has no probabilities; empty if it has or may have some."""
    if config.stack is not None:
        meta = config.stack.get("meta")
        return f"a stack under {meta}" if meta in NO_PROBABILITIES else ""
    if config.blend is not None:
        ids = choose_member_ids(config.blend, ())
        return "a blend that counts votes" if decides_by_labels(config.blend, ids) else ""
    if config.ensemble is None and config.include and set(config.include) <= {*NO_PROBABILITIES}:
        return " or ".join(config.include)
    return ""


def _require_threshold(config: TrainConfig) -> None:
    """Either a threshold, or a metric that changes with it to search one for."""
    options = config.threshold
    if options is None:
        return
    if "probability_threshold" in options:
        others = sorted(options.keys() - {"probability_threshold"})
        if others:
            hint = "The threshold is given, so nothing is searched"
            raise _refusal("threshold", ", ".join(others), "beside probability_threshold", "", hint)
        if not 0 < options["probability_threshold"] < 1:
            value = str(options["probability_threshold"])
            raise _refusal("threshold", "probability_threshold", value, "between 0 and 1")
        return
    require_searchable(options.get("optimize") or config.metric)


def require_searchable(metric: str | None) -> None:
    """Refuse a metric that is the same at every threshold, or that is none of classification."""
    if metric is None:
        return
    found = CLASSIFICATION.find_metric(metric)
    if found is None:
        hint = suggest(metric, [known.column for known in CLASSIFICATION.all_metrics])
        raise _refusal("threshold", "optimize", repr(metric), "a metric of classification", hint)
    if found.of_probabilities:
        hint = 'Name another there, such as optimize = "F1", or give probability_threshold'
        raise _refusal("threshold", "optimize", found.column, "a metric that depends on it", hint)


def _refusal(section: str, key: str, got: str, expected: str, hint: str = "") -> ConfigError:
    wanted = f", expected {expected}" if expected else ""
    return ConfigError(f"[{section}] {key}: got {got}{wanted}", hint=hint, section=section, key=key)
