"""Cells are in C what they are here, however their columns are written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.export.feed_contract import render_feed_cases
from tests.bundle import proven
from tests.bundle.c.bundles import build, seal, shell
from tests.bundle.hostile_cells import CELLS, COLUMNS, render_cases


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


@pytest.fixture(scope="module")
def built(source: BundleSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("c") / "bundle", source)


def find_wrong(built: Path, source: BundleSource, cases: str) -> list[Any]:
    """Cases that C builds otherwise."""
    flat = render_flat_files(replace(source, cases=cases))
    (built / "feed_cases.tsv").write_text(flat["feed_cases.tsv"], encoding="utf-8")
    seal(built)
    done = shell(built, "./verify || [ $? = 5 ]")
    return list(json.loads(done)["cells"]["wrong"])


def test_every_way_of_writing(built: Path, source: BundleSource) -> None:
    assert find_wrong(built, source, render_feed_cases(COLUMNS)) == []


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CELLS, min_size=50, max_size=200))
def test_any_cell(built: Path, source: BundleSource, cells: list[Any]) -> None:
    assert find_wrong(built, source, render_cases(cells)) == []
