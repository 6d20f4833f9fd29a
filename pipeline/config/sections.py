"""The sections of a config file, and which of their keys belong to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Section = Literal[
    "setup", "compare", "tune", "ensemble", "blend", "stack", "calibrate", "threshold"
]

FUNCTIONS: Mapping[Section, str] = {
    "setup": "setup",
    "compare": "compare_models",
    "tune": "tune_model",
    "ensemble": "ensemble_model",
    "blend": "blend_models",
    "stack": "stack_models",
    "calibrate": "calibrate_model",
    "threshold": "optimize_threshold",
}
"""Section of the config file to the PyCaret function that takes its keys."""

STEPS: tuple[Section, ...] = ("tune", "ensemble", "blend", "stack", "calibrate", "threshold")
"""Sections that make a new model of those compared, in the order in which they are taken."""

_SHOWN = "the pipeline shows its own progress"
_LOGGED = "the pipeline logs to MLflow itself"
_FOLD = "use the key `fold` at the top of the file, or --fold"
_METRIC = "use the key `metric` at the top of the file, or --metric"
_MEMBERS = "use `top` for the first of the leaderboard, or `models` for ids"
_BEST = "the best model so far is taken"

_STEP = {
    "fold": _FOLD,
    "verbose": _SHOWN,
    # PyCaret's cross-validation hands the weights of all rows to every fold, and every fit fails
    "fit_kwargs": "PyCaret cannot cross-validate a composed model with it",
}
_CHOICE = {
    **_STEP,
    "optimize": _METRIC,
    "probability_threshold": "use the key `probability_threshold` under [threshold]",
}

OWNED: Mapping[Section, Mapping[str, str]] = {
    "setup": {
        "data": "use the key `data` at the top of the file, or --data",
        "data_func": "use the key `data` at the top of the file, or --data",
        "target": "use the key `target` at the top of the file, or --target",
        "test_data": "the holdout is split from the one table; `train_size` says how much",
        "index": "list a column that only identifies the row under `ignore`",
        "ignore_features": "use the key `ignore` at the top of the file or in the dataset's spec",
        "session_id": "use the key `seed` at the top of the file, or --seed",
        "fold": _FOLD,
        "n_jobs": "the pipeline lays out the threads itself",
        **dict.fromkeys(("html", "verbose", "system_log"), _SHOWN),
        **dict.fromkeys(("log_experiment", "log_plots", "log_profile", "log_data"), _LOGGED),
        "experiment_name": "use the key `experiment` at the top of the file, or --experiment",
        "experiment_custom_tags": _LOGGED,
    },
    "compare": {
        "include": "use the key `include` at the top of the file, or --include",
        "exclude": "use the key `exclude` at the top of the file, or --exclude",
        "fold": _FOLD,
        "sort": _METRIC,
        "verbose": _SHOWN,
        "parallel": "the pipeline spreads the models over processes itself",
        "experiment_custom_tags": _LOGGED,
    },
    "tune": {
        "estimator": "the best model of the comparison is tuned",
        "fold": _FOLD,
        "optimize": _METRIC,
        **dict.fromkeys(("verbose", "tuner_verbose"), _SHOWN),
        "return_tuner": "the pipeline keeps the tuned model only",
    },
    "ensemble": {"estimator": _BEST, **_CHOICE},
    "blend": {"estimator_list": _MEMBERS, **_CHOICE},
    "stack": {"estimator_list": _MEMBERS, "meta_model": "use the key `meta`", **_CHOICE},
    "calibrate": {"estimator": _BEST, **_STEP},
    "threshold": {
        "estimator": _BEST,
        "return_data": "the pipeline keeps the model only",
        **dict.fromkeys(("plot_kwargs", "verbose"), _SHOWN),
    },
}
"""Arguments that the pipeline sets itself, with what to do instead."""

_SHGO = {
    "n": "int",
    "iters": "int",
    "minimizer_kwargs": "dict",
    "options": "dict",
    "sampling_method": "str",
}

OURS: Mapping[Section, Mapping[str, str]] = {
    "compare": {"metrics": "List[str]"},
    "blend": {"top": "int", "models": "List[str]"},
    "stack": {"top": "int", "models": "List[str]", "meta": "str"},
    "threshold": {"probability_threshold": "float", **_SHGO},
}
"""Keys beside PyCaret's own arguments, with their annotations.

`metrics` are columns of the leaderboard that PyCaret lacks. `top` or `models` name the members,
`meta` the model over a stack; `probability_threshold` fixes what is searched for otherwise. The
rest of [threshold] goes through PyCaret to SciPy's `shgo`.
"""
