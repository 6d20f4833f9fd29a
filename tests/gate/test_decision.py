"""The verdict in a table, in a note, and as an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import GateError
from pipeline.gate.decision import COLUMNS
from pipeline.report.chapters import read_tables
from tests.gate.models import (
    check,
    verdict,
)
from tests.gate.pairs import pair

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_refusal_names_everything_in_one_line() -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(bad, good, holdout, max_bytes=100, max_churn=0.0)
    with pytest.raises(GateError) as caught:
        found.refuse()
    assert caught.value.exit_code == 6
    assert caught.value.details["failed"] == ("bytes", "champion", "churn")
    for name in ("bytes", "champion", "churn"):
        assert check(found, name).text in caught.value.message
    assert "\n" not in str(caught.value)
    assert "The champion stays" in caught.value.hint
    verdict(good, bad, holdout).refuse()  # which does nothing


def test_the_table_is_one_that_mlflow_shows(tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, bad, holdout, max_churn=0.9)
    file = found.write(tmp_path)
    assert file == tmp_path / "tables" / "gate.json"
    content = json.loads(file.read_text())
    assert content["columns"] == list(COLUMNS)
    row = dict(zip(COLUMNS, next(r for r in content["data"] if r[0] == "churn"), strict=True))
    assert row["found"] == pytest.approx(found.figures["churn"], rel=1e-12)
    assert (row["limit"], row["passed"]) == (0.9, True)
    assert len(read_tables(tmp_path)["gate.json"]) == len(found.checks)


def test_the_note_says_it_first() -> None:
    good, bad, holdout = pair(0, 1.0)
    passed, refused = (verdict(a, b, holdout).note() for a, b in ((good, bad), (bad, good)))
    assert passed.startswith("**Gate: passed.**")
    assert refused.startswith("**Gate: refused.** R2 ")
    assert "| champion | " in passed
    assert " | no | " not in passed
    assert " | no | " in refused
