"""deploy/README.md against the files beside it and the job's exit codes."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from pipeline.score.__main__ import app
from tests.commands import ROOT
from tests.deploy import recipes

README = recipes.read("README.md")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_it_stays_short() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)", README))))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (recipes.DEPLOY / target).exists()


@pytest.mark.parametrize("command", [line for line in COMMANDS if "deploy/" in line])
def test_every_file_that_a_command_names_is_there(command: str) -> None:
    named = re.findall(r"deploy/[\w./@*-]+", command)
    assert all(list(ROOT.glob(name)) for name in named)


def test_every_recipe_is_named() -> None:
    files = [path for path in recipes.DEPLOY.rglob("*") if path.is_file()]
    recipe = {path for path in files if path.suffix != ".dockerignore" and path.name != "README.md"}
    named = re.findall(r"\]\(([\w./-]+)\)|(deploy/[\w./@*-]+)", README)
    found = {
        path
        for link, path in named
        for path in ([recipes.DEPLOY / link] if link else ROOT.glob(path))
    }
    assert recipe <= found


def test_the_table_has_every_exit_code() -> None:
    cells = re.findall(r"^\| (\d[^|]*?) \|", README, re.MULTILINE)
    codes = {int(number) for cell in cells for number in re.findall(r"\b\d+\b", cell)}
    assert codes == {0, 143} | recipes.CODES


def test_the_command_is_what_the_recipes_run() -> None:
    (command,) = [line for line in COMMANDS if recipes.JOB in line]
    words = shlex.split(command.partition(f"-m {recipes.JOB} ")[2])
    for recipe in recipes.recipes():
        assert set(words) <= set(recipe.arguments)


def test_the_crontab_is_made_for_this_folder(tmp_path: Path) -> None:
    (tmp_path / "deploy").symlink_to(recipes.DEPLOY)
    (command,) = [line for line in COMMANDS if line.startswith("sed ")]
    subprocess.run(["bash", "-ec", command], cwd=tmp_path, check=True)
    made = (tmp_path / "retrain.crontab").read_text(encoding="utf-8")
    assert made == recipes.read("cron/retrain.crontab").replace("/srv/retrain", str(tmp_path))


def test_scoring_takes_the_options_that_stand_there() -> None:
    (command,) = [line for line in COMMANDS if "docker run" in line]
    words = shlex.split(command.partition(" score ")[2])
    context = typer.main.get_command(app).make_context("score", words)
    assert context.params["model"]
