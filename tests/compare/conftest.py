"""Two pairs of whole trainings with their artifact folders: numbers, and hostile classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.compare import compare_runs
from pipeline.compare.runs import ComparedRun, open_run_of_comparison
from pipeline.compare.section import Section
from pipeline.data.dataset import DATASETS
from pipeline.track.training_result import Converted, TrainingResult
from pipeline.train import artifacts
from tests import pictures
from tests.report.conftest import HOSTILE_TARGET, hostile_file, trained

INSURANCE = DATASETS / "insurance.csv"
REMOVED = "region"


@dataclass(frozen=True)
class Pair:
    """Two trainings whose folders are written."""

    a: Converted
    b: Converted

    @property
    def swapped(self) -> Pair:
        return Pair(self.b, self.a)

    @property
    def runs(self) -> tuple[ComparedRun, ComparedRun]:
        return open_run_of_comparison("A", str(self.a.folder), Path()), open_run_of_comparison(
            "B", str(self.b.folder), Path()
        )

    def compared(self, data: Path | None = None) -> dict[str, Section]:
        """What the command finds, by section."""
        return {section.name: section for section in compare_runs(*self.runs, data)}


def written(evidence: TrainingResult, folder: Path) -> TrainingResult:
    """The training with its artifacts in `folder`, as a run leaves them."""
    found = replace(evidence, folder=folder)
    with pictures.blank():
        artifacts.write_artifacts(found)
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
