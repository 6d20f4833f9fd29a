"""The recipes call the job with options that it has, and leave it the time that it may take."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest
import typer

from pipeline.config.train_config import read_config
from tests.deploy import recipes
from tests.deploy.recipes import Recipe

RECIPES = recipes.recipes()
every = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.file)


@every
def test_the_job_has_every_option(recipe: Recipe) -> None:
    command = typer.main.get_command(importlib.import_module(f"{recipes.JOB}.__main__").app)
    context = command.make_context(recipes.JOB, recipe.arguments)
    assert context.params["dataset"] == "insurance"


@every
def test_the_limit_leaves_time_after_the_budget(recipe: Recipe) -> None:
    budget = recipe.arguments[recipe.arguments.index("--budget") + 1]
    assert recipe.limit >= 1.3 * recipes.seconds(budget)


@every
def test_logs_are_lines_of_json(recipe: Recipe) -> None:
    assert recipe.arguments[recipe.arguments.index("--log-format") + 1] == "json"


def test_the_example_of_a_config_can_be_read(tmp_path: Path) -> None:
    text = recipes.kubernetes()["ConfigMap"]["data"]["retrain.toml"]
    file = tmp_path / "retrain.toml"
    file.write_text(text, encoding="utf-8")
    config = read_config(file, dataset="insurance")
    config.for_task("regression")
    assert config.gate is not None
    assert config.gate.max_churn == tomllib.loads(text)["gate"]["max_churn"]
