"""Two pairs of whole trainings with their artifact folders: numbers, and hostile classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.compare import sections
from pipeline.compare.runs import Run, opened
from pipeline.compare.section import Section
from pipeline.data.dataset import DATASETS
from pipeline.tracking.training_result import Evidence, Training
from pipeline.train import artifacts
from tests import pictures
from tests.report.conftest import HOSTILE_TARGET, hostile_file, trained

INSURANCE = DATASETS / "insurance.csv"
REMOVED = "region"


@dataclass(frozen=True)
class Pair:
    """Two trainings whose folders are written."""

    a: Evidence
    b: Evidence

    @property
    def swapped(self) -> Pair:
        return Pair(self.b, self.a)

    @property
    def runs(self) -> tuple[Run, Run]:
        return opened("A", str(self.a.folder), Path()), opened("B", str(self.b.folder), Path())

    def compared(self, data: Path | None = None) -> dict[str, Section]:
        """What the command finds, by section."""
        return {section.name: section for section in sections(*self.runs, data)}


def written(evidence: Training, folder: Path) -> Training:
    """The training with its artifacts in `folder`, as a run leaves them."""
    found = replace(evidence, folder=folder)
    with pictures.blank():
        artifacts.write(found)
    return found


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A linear regression without one of the columns, on the older half of the people, and one
    on the whole table."""
    base = tmp_path_factory.mktemp("numbers")
    table = pd.read_csv(INSURANCE)
    part = base / "part.csv"
    table[table["age"] > 30].drop(columns=REMOVED).to_csv(part, index=False)
    older = trained(base, data=part, target="charges", include=("lr",), seed=2)
    newer = trained(base, dataset="insurance", include=("lr", "dt"))
    return Pair(written(older, base / "a"), written(newer, base / "b"))


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two models for three classes of one table, whose names all are hostile."""
    base = tmp_path_factory.mktemp("classes")
    file = hostile_file(tmp_path_factory.getbasetemp())
    older, newer = (
        trained(base, data=file, target=HOSTILE_TARGET, include=(model,)) for model in ("dt", "lr")
    )
    return Pair(written(older, base / "a"), written(newer, base / "b"))
