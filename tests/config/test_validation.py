"""`[validation]`: what splits the rows is said once, and not by half."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.config.validation import Validation, check_validation, choose_validation
from pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"validation": {"time": "a", "group": "b"}}, ("time", "group")),
        ({"validation": {}}, ("time", "group")),
        (
            {"validation": {"time": "a"}, "setup": {"fold_strategy": "kfold"}},
            ("[validation] time", "[setup] fold_strategy"),
        ),
        (
            {"validation": {"group": "a"}, "setup": {"data_split_shuffle": False}},
            ("[validation] group", "[setup] data_split_shuffle"),
        ),
        (
            {"setup": {"fold_groups": "a", "fold_strategy": "kfold"}},
            ("fold_groups", "kfold"),
        ),
        (
            {
                "setup": {
                    **{"fold_groups": "a", "fold_strategy": "groupkfold"},
                    "data_split_stratify": True,
                }
            },
            ("fold_groups", "data_split_stratify"),
        ),
    ],
)
def test_what_contradicts_itself_names_both_keys(
    options: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as err:
        TrainConfig(task="classification", **options)
    assert all(word in err.value.message for word in words)


GROUPED = {"fold_groups": "shop", "fold_strategy": "groupkfold"}


def test_the_config_comes_before_the_folds_of_setup_and_these_before_the_dataset() -> None:
    mine, theirs = Validation(time="day"), Validation(group="city")
    assert choose_validation(mine, theirs, {}) == mine
    assert choose_validation(None, theirs, {}) == theirs
    assert choose_validation(None, None, GROUPED) == Validation(group="shop")
    assert choose_validation(None, None, {}) is None
    for options in ({"fold_groups": "shop"}, {"data_split_shuffle": False}):
        with pytest.raises(ConfigError):
            choose_validation(None, theirs, options)


@pytest.mark.parametrize("strategy", ["groupkfold", {"class": "sklearn.GroupKFold"}])
def test_groups_that_the_folds_keep_apart_are_fine(strategy: Any) -> None:
    check_validation(None, {**GROUPED, "fold_strategy": strategy})
    check_validation(Validation(time="day"), {"train_size": 0.8})


def test_the_column_is_the_one_that_is_named() -> None:
    assert (Validation(time="a").column, Validation(group="b").column) == ("a", "b")
