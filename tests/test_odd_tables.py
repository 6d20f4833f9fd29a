"""Tables with odd names whose holdout holds what training lacks, through every family of steps."""

from __future__ import annotations

import secrets
from collections import Counter

import pytest
import typer

from benchmarks.coverage import measure_on
from benchmarks.figures import Figures
from tests.odd_tables import odd_table

SAMPLE = (1, 2)
"""Seeds that take seconds; each ends in a proven graph."""
TRIED = 60
ENOUGH = TRIED // 3
"""So many of them PyCaret can train, and they have a graph: the rest says nothing of it."""


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_sample_is_converted_and_proven(seed: int) -> None:
    figures = _measured(seed)
    assert figures.verdict == "pass", figures


@pytest.mark.long
def test_each_is_converted_and_proven_or_refused_with_a_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = secrets.randbelow(10**6)
    with capsys.disabled():
        typer.echo(f"\nseeds from {start}", err=True)
    found = [_measured(start + i) for i in range(TRIED)]
    assert not [f"{f.title}: {f.text} {f.worst}" for f in found if f.verdict == "FAIL"]
    assert Counter(f.verdict for f in found)["pass"] > ENOUGH


def _measured(seed: int) -> Figures:
    dataset, case = odd_table(seed)
    return measure_on(dataset, case, timed=False)
