"""Settings: every fault is one ConfigError in plain words, and a secret is in none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError

from pipeline.config.base import Settings
from pipeline.errors import ConfigError


class Own(Settings):
    """Settings of every type that has words of its own."""

    secret: ClassVar[tuple[str, ...]] = ("token",)

    fold: StrictInt = 3
    ready: StrictBool = False
    name: Annotated[StrictStr, Field(min_length=1)] = "n"
    columns: tuple[StrictStr, ...] = ()
    table: dict[str, Any] = Field(default_factory=dict)
    file: Path | None = None
    token: StrictStr = ""


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"fold": "ten"}, "fold: got 'ten' (text), expected a whole number"),
        ({"ready": 1}, "ready: got 1 (a whole number), expected true or false"),
        ({"name": ""}, "name: got '' (text), expected text that is not empty"),
        ({"columns": "a"}, "columns: got 'a' (text), expected a list of texts"),
        ({"columns": ["a", 2]}, "columns.1: got 2 (a whole number), expected text"),
        ({"table": [1]}, "table: got [1] (a list), expected a table of arguments"),
        ({"file": 3}, "file: got 3 (a whole number), expected the path of a file"),
        ({"folds": 2}, "got the unknown key 'folds'"),
    ],
)
def test_a_fault_says_what_was_found_and_expected(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Own(**values)
    assert caught.value.message == says
    assert caught.value.exit_code == ConfigError.exit_code == 3


def test_an_unknown_key_names_the_nearest_and_a_missing_one_is_missing() -> None:
    class Needed(Settings):
        target: StrictStr

    with pytest.raises(ConfigError, match="the key 'target' is missing"):
        Needed()
    with pytest.raises(ConfigError) as caught:
        Own(folds=2)
    assert "Did you mean 'fold'?" in caught.value.hint


def test_all_faults_are_named_at_once_by_their_keys() -> None:
    with pytest.raises(ConfigError) as caught:
        Own(fold="x", ready="y", nme="z")
    assert set(caught.value.details["keys"]) == {"fold", "ready", "nme"}


@given(st.integers() | st.lists(st.integers(10**6, 10**9), min_size=1))
def test_a_secret_is_shown_by_its_type_alone(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Own(token=value)
    said = caught.value.message + str(caught.value.hint)
    assert said.startswith("token: got a")
    assert not any(letter.isdecimal() for letter in said)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Own().fold = 4  # type: ignore[misc]
