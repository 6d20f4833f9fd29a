"""The bundle for Go: what is generated, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.go import render_go_files, write_go_literal
from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from tests.bundle import proven


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


def test_rows_are_typed(source: BundleSource) -> None:
    rows = render_go_files(source)["rows.go"]
    for field in (
        '// BodyMassKg is "body mass [kg]": math.NaN() if missing.\n\tBodyMassKg float64\n',
        '// Smoker is "smoker": empty if missing.\n\tSmoker string\n',
        '// Member is "member": never missing.\n\tMember bool\n',
        '// Joined is "joined": in UTC, zero if missing.\n\tJoined time.Time\n',
        "Label      float64\n",
    ):
        assert field in rows
    assert "Scores" not in rows


@pytest.mark.parametrize(
    ("kind", "value", "literal"),
    [
        ("number", None, "math.NaN()"),
        ("number", 1.5, "1.5"),
        ("boolean", True, "true"),
        ("text", None, '""'),
        ("text", 'a"b\\c\nü\ufeff', '"a\\"b\\\\c\\nü\\ufeff"'),
        ("date", None, "time.Time{}"),
        ("date", "2021-03-04", "time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)"),
        (
            "date",
            "1969-12-31T23:59:59.999999999",
            "time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC)",
        ),
    ],
)
def test_cells_are_literals(kind: Any, value: str | float | None, literal: str) -> None:
    assert write_go_literal(kind, value) == literal


@pytest.mark.parametrize("render", [render_go_files, render_flat_files])
def test_dates_in_words_are_refused(source: BundleSource, render: Any) -> None:
    inputs = (Input("joined", "date", Cells(dates="%d %B %Y")),)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    with pytest.raises(DataError, match="'joined': dates are written as %d %B %Y"):
        render(replace(source, manifest=manifest))
