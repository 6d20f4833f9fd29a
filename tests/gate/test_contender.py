"""A model as its folder holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.retrain_config import Gate
from pipeline.gate import holdout as rows
from pipeline.gate.contender import Contender
from pipeline.gate.judge import judge
from pipeline.runtime.scorer import Scorer
from tests import tracked
from tests.gate.models import (
    by,
    numbers,
    verdict,
)
from tests.gate.pairs import pair

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_side_is_read_from_its_folder(tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    tracked.write_artifacts(tmp_path, bad.data, Scorer(bad.data).manifest)
    kept = bad.holdout
    assert kept is not None
    kept.to_parquet(tmp_path / "tables" / "holdout.parquet")
    rows.write_seen_rows(tmp_path, numbers().train)
    found = judge(good, Contender.of(tmp_path), holdout, by("mae"), Gate())
    assert found.figures["gain"] == verdict(good, bad, holdout, by("mae")).figures["gain"]
    for name in ("holdout", "rows"):
        (tmp_path / "tables" / f"{name}.parquet").write_bytes(b"PAR1 damaged PAR1")
    damaged = Contender.of(tmp_path)
    assert damaged.holdout is None
    assert damaged.seen is None
