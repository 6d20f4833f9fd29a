"""The bundle for C#: what is generated, and the objects it reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.bundle.csharp import render_csharp_files
from pipeline.bundle.model_files import BundleSource, read_source
from tests.bundle import proven
from tests.bundle.languages import CSHARP

OBJECTS = Path(__file__).parent / "csharp" / "Objects.cs"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


def test_rows_and_answers_are_typed(source: BundleSource, tmp_path: Path) -> None:
    files = render_csharp_files(source)
    for column in (
        '[Column("body mass [kg]")] public double? BodyMassKg',
        '[Column("smoker")] public string Smoker',
        '[Column("member")] public bool? Member',
        '[Column("joined")] public DateTime? Joined',
    ):
        assert column in files["scorer/Row.cs"]
    assert "public double? Label" in files["scorer/Answer.cs"]
    whole = render_csharp_files(read_source(proven.classification(tmp_path, (0, 1, 2))))
    assert "public long? Label" in whole["scorer/Answer.cs"]
    assert "IReadOnlyDictionary<long, double> Scores" in whole["scorer/Answer.cs"]


@pytest.mark.long
def test_objects_are_read_as_dictionaries_are(source: BundleSource, tmp_path: Path) -> None:
    folder = CSHARP.build(tmp_path / "bundle", source)
    shutil.copy(OBJECTS, folder)
    run = "mcs -r:scorer.exe Objects.cs && TZ=Asia/Kolkata mono Objects.exe"
    shown = CSHARP.shell(folder, run)
    *days, other, empty = shown.splitlines()
    assert len({*days}) == 1
    assert len(days) == 5
    assert 'the column "' in other
    assert empty == "0"
