"""`[validation]`: what splits the rows is said once, and not by half."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.train_config import TrainConfig
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
