"""Sets up PyCaret's experiment on a table, with its column types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.automl.instantiate import instantiate_objects
from pipeline.automl.leaderboard_metrics import add_metrics
from pipeline.config.sections import FUNCTIONS, STEPS, Section
from pipeline.config.suggest import suggest
from pipeline.errors import ConfigError, DataError, PipelineError, causes

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.manifest.columns import Kind
    from pipeline.tasks import Task

FEATURE_ARGUMENTS: Mapping[Kind, str] = {
    "number": "numeric_features",
    "text": "categorical_features",
    "date": "date_features",
}
"""The `setup` argument for columns of each kind; PyCaret lets booleans through as they are."""
_TWIN = "already exists in the original dataset"
"""What PyCaret says where the table has a column of a name that one of its steps makes."""


def set_up(dataset: Dataset, config: TrainConfig, caches: str) -> Any:
    """PyCaret's experiment object after `setup`, one thread per fit, its caches in `caches`.

    Raises:
        ConfigError: PyCaret refuses an option under [setup], or one names no column.
        DataError: PyCaret cannot use the table, or it cannot be split as `[validation]` says.
    """
    # numpy and pandas take a second, and --help comes by here
    from pipeline.automl.split import make_split, require_learnable

    experiment = dataset.task.new_experiment()
    parts = make_split(dataset, config)
    by = {} if parts is None else parts.arguments
    arguments = {
        **build_feature_arguments(dataset, config.setup),
        "memory": caches,
        **instantiate_objects({**config.setup, **by}, config.seed),
        "fold": config.fold,
        "session_id": config.seed,
        "n_jobs": 1,  # the models run side by side instead, see compare.py
        "html": False,
        "verbose": False,
        "log_experiment": False,
        "system_log": experiment.logger,
    }
    if arguments.get("feature_selection_estimator") == "catboost":
        arguments["feature_selection_estimator"] = _quiet_catboost(dataset.task)
    frame = dataset.frame if parts is None else dataset.frame.iloc[parts.order]
    with blame_option("setup", config.setup):
        experiment.setup(frame, target=dataset.spec.target, **arguments)
    if parts is not None and dataset.task.target == "classes":
        require_learnable(experiment, by.get("fold_groups"))
    _require_dates(experiment, config, by.get("fold_groups"))
    _refuse_unknown_columns(experiment.pipeline, dataset, config.setup)
    for models in (experiment._all_models, experiment._all_models_internal):
        if "catboost" in models:
            _mend_catboost(models["catboost"])
    add_metrics(experiment, dataset, config)
    return experiment


def _require_dates(experiment: Any, config: TrainConfig, groups: Any) -> None:
    """Refuse a holdout or folds that lack more dates than PyCaret can do with."""
    from pipeline.data.missing_dates import check_part

    dates = experiment._fxs["Date"] if config.setup.get("preprocess") is not False else []
    rows = experiment.X_train
    if not any(experiment.X[name].isna().any() for name in dates):
        return
    check_part(experiment.X_test, dates, "of the holdout")
    if config.compare.get("cross_validation") is False:
        return
    known = None if groups is None else groups.loc[rows.index]
    parts = experiment.fold_generator.split(rows, experiment.y_train, known)
    for number, (training, tested) in enumerate(parts, start=1):
        check_part(rows.iloc[training], dates, f"that fold {number} trains on")
        check_part(rows.iloc[tested], dates, f"that fold {number} predicts")


def _refuse_unknown_columns(pipeline: Any, dataset: Dataset, setup: Mapping[str, Any]) -> None:
    """Columns to keep or to group may be made by a step; PyCaret overlooks what nobody made."""
    listed = {"keep_features": setup.get("keep_features") or ()}
    listed |= {f"group_features.{g}": c for g, c in (setup.get("group_features") or {}).items()}
    read = (getattr(step, "_feature_names_in", ()) for _, step in pipeline.steps)
    known = dict.fromkeys([*dataset.features, *(str(c) for names in read for c in names)])
    known.pop(dataset.spec.target, None)
    for argument, columns in listed.items():
        for column in columns:
            if column not in known:
                raise ConfigError(
                    f"[setup] {argument}: got {column!r}, which is neither a column of the table "
                    "nor one that set-up makes of them",
                    hint=suggest(str(column), [*known]),
                )


def build_feature_arguments(dataset: Dataset, setup: Mapping[str, Any]) -> dict[str, list[str]]:
    """The dataset's column kinds as `setup` arguments, except for what `setup` itself says.

    A column that the configuration claims as another kind (text, say) is taken out of ours.
    """
    named = (*FEATURE_ARGUMENTS.values(), "text_features")
    claimed = {column for key in named for column in setup.get(key) or ()}
    columns: dict[str, list[str]] = {}
    for column in dataset.inputs:
        argument = FEATURE_ARGUMENTS.get(column.kind)
        if argument and argument not in setup and column.name not in claimed:
            columns.setdefault(argument, []).append(column.name)
    return columns


@contextmanager
def blame_option(section: Section, options: Mapping[str, Any]) -> Iterator[None]:
    """Turn whatever PyCaret raises into ours: an option it names, a step, else the table."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as err:  # PyCaret and all that it calls raise anything: third party
        causes.raise_if_memory(err)
        message = f"{type(err).__name__}: {err}" if isinstance(err, KeyError) else str(err).strip()
        named = [key for key in options if key in message]
        if section in STEPS:
            raise _step_error(section, options, message) from err
        if named:
            raise ConfigError(f"{section}: PyCaret refuses {', '.join(named)}: {message}") from err
        hint = f"Options given under [{section}]: {', '.join(options)}" if options else ""
        if _TWIN in message:
            hint = "Rename that column of the table: PyCaret makes one of the same name of another"
        raise DataError(f"PyCaret's {section} refuses the table: {message}", hint=hint) from err


def _step_error(section: Section, options: Mapping[str, Any], message: str) -> ConfigError:
    """A step that PyCaret fails at; of scikit-learn's report on its fits, the cause is last."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no reason given"]
    cause = (lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}").rstrip(".")
    given = f" its options ({', '.join(options)})," if options else ""
    return ConfigError(
        f"[{section}]: PyCaret's {FUNCTIONS[section]} fails: {cause}",
        hint=f"Change{given} the models it is made of, or leave [{section}] out",
        section=section,
    )


def _mend_catboost(container: Any) -> None:
    """Keep catboost_info/ out of the working directory, and make the model tunable.

    PyCaret's grid holds numpy's integers; CatBoost turns them into Python's, and scikit-learn's
    `clone` refuses an estimator that changes its parameters.
    """
    container.args["allow_writing_files"] = False
    container.tune_grid = {
        name: [value.item() if hasattr(value, "item") else value for value in values]
        for name, values in container.tune_grid.items()
    }


def _quiet_catboost(task: Task) -> Any:
    """As PyCaret makes it for feature selection, without a line per tree and catboost_info/."""
    import catboost

    kind = getattr(catboost, f"CatBoost{task.estimator.capitalize()}")
    return kind(verbose=False, allow_writing_files=False, thread_count=1)
