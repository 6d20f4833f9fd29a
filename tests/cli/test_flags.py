"""Each field of the flags is an option of its command, and a key of the config."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import app as cli
from pipeline.cli.flags import TrainFlags, with_flags
from pipeline.config.train_config import TrainConfig


def options_of_train() -> typer.Typer:
    app = cli.create_application()

    @app.command()
    @with_flags
    def main(flags: TrainFlags) -> None:
        cli.say(repr(flags.given()))

    return app


def flags(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(options_of_train(), list(arguments))
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = eval(result.stdout, {"PosixPath": Path})
    return found


def test_flags_that_were_not_given_leave_the_config_alone() -> None:
    assert flags() == {}


def test_flags_are_config_keys() -> None:
    assert flags(
        *("--dataset", "insurance", "--task", "regression", "--include", "gbr, lr"),
        *("--include", "rf", "--fold", "5", "--seed", "0", "--output", "out", "--no-register"),
        "--warnings",
    ) == {
        "dataset": "insurance",
        "task": "regression",
        "include": ("gbr", "lr", "rf"),
        "fold": 5,
        "seed": 0,
        "output": Path("out"),
        "register": False,
        "warnings": True,
    }


@pytest.mark.parametrize("arguments", [["--fold", "1"], ["--task", "x"], ["--wrong"], ["extra"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(options_of_train(), arguments).exit_code == 2


def test_every_field_is_a_key_of_a_config() -> None:
    names = {field.name for field in fields(TrainFlags)} - {"config"}
    assert names <= set(TrainConfig.model_fields)
