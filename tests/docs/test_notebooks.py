"""The notebooks as they are committed, and as an analyst runs them from a clean copy."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests import network
from tests.commands import ROOT, environment

FOLDER = ROOT / "notebooks"
NAMES = sorted(file.stem for file in FOLDER.glob("*.ipynb"))
CARRIED = ("pipeline", "datasets", "notebooks")
"""All that a notebook needs of the project."""

JUPYTER = ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")
"""Folders that Jupyter would otherwise make in the home folder."""

each = pytest.mark.parametrize("name", NAMES)


def read(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def codes(name: str) -> list[NotebookNode]:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


@each
def test_a_notebook_is_valid(name: str) -> None:
    nbformat.validate(read(name))


@each
def test_a_notebook_holds_no_results_and_names_no_kernel(name: str) -> None:
    assert read(name).metadata == {"language_info": {"name": "python"}}
    assert all(cell.metadata == {} for cell in read(name).cells)
    assert all(not cell.outputs and cell.execution_count is None for cell in codes(name))


@each
def test_every_cell_of_code_is_python_or_a_command(name: str) -> None:
    for cell in codes(name):
        ast.parse(TransformerManager().transform_cell(cell.source), cell.id)


@each
def test_every_notebook_begins_in_the_projects_folder(name: str) -> None:
    assert codes(name)[0].source == codes(NAMES[0])[0].source


@each
def test_links_between_pages_lead_somewhere(name: str) -> None:
    texts = [cell.source for cell in read(name).cells if cell.cell_type == "markdown"]
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(texts))
    assert links
    assert all(link.startswith("https://") or (FOLDER / link).is_file() for link in links)


@each
def test_the_readme_lists_the_notebook(name: str) -> None:
    assert f"(notebooks/{name}.ipynb)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_notebook_has_ten_cells_at_most() -> None:
    assert len(read("quickstart").cells) <= 10


def test_the_dev_extra_has_what_runs_the_notebooks() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = content["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=\[]", requirement)[0] for requirement in wanted}
    assert {"ipykernel", "nbclient", "nbformat", "nbstripout"} <= names


def stripped(file: Path) -> bytes:
    """What the pre-commit hook makes of a notebook."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (hook,) = (h for repo in config["repos"] for h in repo["hooks"] if h["id"] == "nbstripout")
    command = [sys.executable, "-m", hook["entry"], *hook["args"], str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file.read_bytes()


@each
def test_the_hook_strips_what_jupyter_adds(name: str, tmp_path: Path) -> None:
    saved = read(name)
    saved.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "py"}
    saved.metadata.language_info |= {"version": "3.11.7", "codemirror_mode": {"name": "ipython"}}
    for cell in saved.cells:
        if cell.cell_type == "code":
            cell.execution_count = 7
            cell.outputs = [nbformat.v4.new_output("stream", text="found\n")]
    file = tmp_path / "saved.ipynb"
    nbformat.write(saved, file)
    assert stripped(file) == (FOLDER / f"{name}.ipynb").read_bytes()


# --- executed -------------------------------------------------------------------------------------


class Project:
    """A clean copy of the project, under version control, without a store.

    Attributes:
        said: what the cells of the last notebook have printed, by the cell's id.
    """

    def __init__(self, base: Path) -> None:
        self.said: dict[str, str] = {}
        self.folder = base / "a project"
        self.folder.mkdir()
        for name in CARRIED:
            shutil.copytree(
                ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / ".gitignore", self.folder)
        self._git("init", "--quiet")
        self._git("add", "--all")
        shim = network.shim(base)
        self._log = base / "network.log"
        self._watch = network.watched(shim, self._log) if shim else {}
        self._jupyter = {name: str(base / name) for name in JUPYTER}

    def run(self, name: str, opened_in: str, question: str) -> Any:
        """Execute a notebook and one more cell; what that cell prints, read as JSON."""
        notebook = read(name)
        notebook.cells.append(nbformat.v4.new_code_cell(question))
        place = {"metadata": {"path": str(self.folder / opened_in)}}
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place)
        client.execute(env=environment(PYTHONPATH="", **self._watch, **self._jupyter))
        for cell in notebook.cells:
            self.said[cell.id] = "".join(o.get("text", "") for o in cell.get("outputs", []))
            assert "Traceback" not in self.said[cell.id], self.said[cell.id]
        return json.loads(notebook.cells[-1].outputs[-1].text)

    def left(self) -> str:
        """Files that git would want to add or has seen change."""
        return self._git("ls-files", "--others", "--modified", "--exclude-standard")

    def attempts(self) -> tuple[str, ...]:
        """What it tried to reach beyond this machine."""
        return network.attempts(self._log)

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in JUPYTER:
        monkeypatch.setenv(name, str(tmp_path / name))
    return Project(tmp_path)


PICKLED = """
import joblib
from pycaret.{task} import {kind}Experiment

def pickled(run_id, rows):
    file = mlflow.artifacts.download_artifacts(f"runs:/{{run_id}}/pickle/pipeline.pkl")
    told = {kind}Experiment().predict_model(joblib.load(file), rows, round=17, verbose=False)
    return told.reindex(rows.index)
"""
REGRESSION = PICKLED.format(task="regression", kind="Regression")
CLASSIFICATION = "import mlflow\n" + PICKLED.format(task="classification", kind="Classification")
"""PyCaret's own answer, in the kernel that ran the notebook."""


@pytest.mark.long
def test_quickstart_scores_as_the_pickle_does(project: Project) -> None:
    question = """
import json
features = rows.drop(columns="charges")
theirs = pickled(result.run.run_id, features)["prediction_label"]
print(json.dumps([result.version.aliases, list(scored["prediction_label"]), list(theirs)]))
"""
    aliases, ours, theirs = project.run("quickstart", ".", REGRESSION + question)
    assert aliases == ["champion"]
    assert len(ours) == 5
    assert ours == pytest.approx(theirs, rel=1e-9, abs=0)  # the bound of the parity check
    assert not project.left()
    assert not project.attempts()


@pytest.mark.long
def test_your_own_data_scores_as_the_pickle_does(project: Project) -> None:
    question = """
import json
theirs = pickled(result.run.run_id, new.drop(columns=[target, "year"]))
columns = ["prediction_label", "prediction_score"]
frames = [scored, theirs, pd.read_csv(answers)]
print(json.dumps([{c: list(f[c]) for c in columns} for f in frames]))
"""
    ours, theirs, filed = project.run("your_own_data", "notebooks", CLASSIFICATION + question)
    assert len(ours["prediction_label"]) == 12
    assert ours["prediction_label"] == theirs["prediction_label"]
    scores = ours["prediction_score"]
    assert scores == pytest.approx(theirs["prediction_score"], rel=0, abs=1e-9)  # the same bound
    assert filed == ours
    assert "Did you mean 'species'?" in project.said["typo"]
    assert "got no value in lines" in project.said["missing-target"]
    assert "Verdict: exact" in project.said["good-plan"]
    assert "error: no exact conversion" in project.said["bad-plan"]
    assert "nearest: 'body_mass'" in project.said["misfit"]
    assert "got 'heavy'" in project.said["misfit"]
    assert not project.left()
    assert not project.attempts()


@pytest.mark.long
def test_browse_mlflow_finds_a_champion_or_makes_one(project: Project) -> None:
    question = """
import json
theirs = pickled(champion.run_id, rows)["prediction_label"]
ways = [list(way) for way in (scored["prediction_label"], by_mlflow, by_onnxruntime, theirs)]
print(json.dumps([int(champion.version), versions["version"].tolist(), ways]))
"""
    cold = project.run("browse_mlflow", "notebooks", REGRESSION + question)
    warm = project.run("browse_mlflow", ".", REGRESSION + question)
    assert warm == cold, "nothing was trained again"
    champion, versions, (scorer, pyfunc, alone, theirs) = cold
    assert champion == 2
    assert versions == [2, 1]
    assert scorer == pyfunc == alone
    assert scorer == pytest.approx(theirs, rel=1e-9, abs=0)  # the bound of the parity check
    assert not project.left()
    assert not project.attempts()
