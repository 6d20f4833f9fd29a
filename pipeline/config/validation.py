"""Settings of `[validation]`: what holdout and folds keep apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StrictStr, model_validator

from pipeline.config.base import Settings
from pipeline.errors import ConfigError

Column = Annotated[StrictStr, Field(min_length=1)]

SPLITTING = (
    *("fold_strategy", "fold_groups", "fold_shuffle"),
    *("data_split_shuffle", "data_split_stratify"),
)
"""Arguments of `setup` that say how rows are split, which `[validation]` says in their place."""


class Validation(Settings):
    """`[validation]`: the column that decides which rows a model is judged on.

    A column that is also under `ignore` is read for this alone and is no feature.
    """

    time: Column | None = None
    """Rows are sorted by it: the holdout is the last part, and folds go forward in time."""
    group: Column | None = None
    """Rows of one value stay together, in the holdout and in every fold."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.time is not None and self.group is not None:
            raise ConfigError(
                "[validation] time and group: got both, expected one of them",
                hint="Take `group` if new groups will be scored, `time` if known ones later on",
            )
        if self.column is None:
            raise ConfigError("[validation]: got no column, expected `time` or `group`")
        return self

    @property
    def column(self) -> str | None:
        """The one that is named."""
        return self.time or self.group


def check_validation(validation: Validation | None, setup: Mapping[str, Any]) -> None:
    """Refuse what says twice, or only by half, how rows are split.

    Raises:
        ConfigError: an argument of `setup` beside `[validation]`; groups that the folds or the
            holdout would mix.
    """
    if validation is not None:
        key = "time" if validation.time is not None else "group"
        if found := _among(SPLITTING, setup):
            raise ConfigError(
                f"[validation] {key} and [setup] {found[0]}: got both, expected one of them",
                hint=f"Remove {', '.join(found)} from [setup]: [validation] splits the rows",
            )
    elif setup.get("fold_groups"):
        _require_groups(setup)


def _require_groups(setup: Mapping[str, Any]) -> None:
    column, strategy = setup["fold_groups"], setup.get("fold_strategy")
    named = strategy["class"] if isinstance(strategy, Mapping) else str(strategy or "kfold")
    if "group" not in named.lower():
        raise ConfigError(
            f"[setup] fold_groups: got {column!r} with fold_strategy {named!r}, whose folds mix "
            "the groups, expected one that keeps them apart",
            hint=f'Set fold_strategy = "groupkfold", or [validation] group = "{column}" alone',
        )
    if found := _among(("data_split_shuffle", "data_split_stratify"), setup):
        raise ConfigError(
            f"[setup] fold_groups and {found[0]}: got both, but a holdout that is split by rows "
            "mixes the groups",
            hint=f"Remove {', '.join(found)}: whole groups are held out",
        )


def _among(names: Iterable[str], setup: Mapping[str, Any]) -> list[str]:
    return [name for name in names if name in setup]


def choose_validation(
    config: Validation | None, spec: Validation | None, setup: Mapping[str, Any]
) -> Validation | None:
    """What holds for a run: the config's, else PyCaret's `fold_groups`, else the dataset's.

    Raises:
        ConfigError: the dataset's contradicts an argument of `setup`.
    """
    if config is not None:
        return config
    check_validation(spec, setup)
    groups = setup.get("fold_groups")
    return Validation(group=groups) if isinstance(groups, str) else spec
