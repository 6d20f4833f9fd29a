"""Three whole trainings, one per session: numbers, three classes, and hostile names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.automl.experiment import run_experiment
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.export.model import export_model
from pipeline.export.seal import seal_model
from pipeline.parity.verify import verify
from pipeline.track.training_result import Converted
from pipeline.train import artifacts

HOSTILE_LABELS = ("</td><script>alert(1)</script>", "$\\frac{1}$ | `b`", "_low")
HOSTILE_COLUMNS = ("<script>alert('x')</script>", 'a "b" & | *d* $e$', "{{ 7 * 7 }}", "ü\n[x]")
HOSTILE_TARGET = "<b>target</b> $"

TRAINED: dict[str, Converted] = {}
"""What was trained in this session, by its settings."""


def trained(folder: Path, **settings: Any) -> Converted:
    """Evidence of a real training, its folder given but still empty; trained once per session."""
    recipe = repr(sorted(settings.items()))
    if recipe not in TRAINED:
        TRAINED[recipe] = _trained(settings)
    return replace(TRAINED[recipe], folder=folder)


def _trained(settings: dict[str, Any]) -> Converted:
    config = TrainConfig(fold=3, register=True, **settings)
    dataset = load_dataset(find_dataset(config), config)
    found = run_experiment(dataset, config)
    model = export_model(found, dataset)
    parity = verify(model, found, dataset)
    return Converted(dataset, config, found, Path(), seal_model(model, parity, "run-1"), parity)


@pytest.fixture(scope="session")
def insurance(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """A regression tree that lost against linear regression."""
    return trained(tmp_path_factory.mktemp("ins"), dataset="insurance", include=("lr", "dt"))


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """A tree for three classes, with missing values in the table."""
    return trained(tmp_path_factory.mktemp("pen"), dataset="penguins", include=("dt",))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """Columns, target and classes whose names try to be markup, templates and mathematics."""
    file = hostile_file(tmp_path_factory.getbasetemp())
    folder = tmp_path_factory.mktemp("hostile-run")
    return trained(folder, data=file, target=HOSTILE_TARGET, include=("dt",))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Converted], Path]:
    """The artifact folder of a training, written once per session: for reading only."""
    folders: dict[int, Path] = {}

    def folder(evidence: Converted) -> Path:
        if id(evidence) not in folders:
            folders[id(evidence)] = tmp_path_factory.mktemp("kept")
            artifacts.write_artifacts(replace(evidence, folder=folders[id(evidence)]))
        return folders[id(evidence)]

    return folder


def hostile_file(base: Path) -> Path:
    """The hostile table, the same file for every training of the session."""
    file = base / "hostile" / "table <i>.csv"
    if not file.exists():
        file.parent.mkdir()
        _hostile_table().to_csv(file, index=False)
    return file


def _hostile_table(rows: int = 150) -> pd.DataFrame:
    random = np.random.default_rng(0)
    amount, word = random.normal(size=rows), random.choice(["<i>x</i>", "$y^2$", "_z"], rows)
    level = amount + (word == "_z") + random.normal(scale=0.2, size=rows)
    values = (
        np.where(random.random(rows) < 0.1, np.nan, amount),
        word,
        pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d"),
        random.integers(0, 2, rows).astype(bool),
        np.array(HOSTILE_LABELS)[np.digitize(level, [-0.3, 0.5])],
    )
    return pd.DataFrame(dict(zip((*HOSTILE_COLUMNS, HOSTILE_TARGET), values, strict=True)))
