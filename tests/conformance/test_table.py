"""The table of a conformance, and its record."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.conformance.check import check_target
from pipeline.conformance.table import (
    COLUMNS,
    compose_record,
    format_row,
    render_markdown,
    summarise,
)
from tests.conformance.stand_ins import found, printing, source, target


def test_every_runtime_has_a_row_whatever_it_has_shown(tmp_path: Path) -> None:
    model = source(tmp_path)
    stand_ins = [
        printing(found()),
        printing(found(rows={"error": None}), 5),
        target("true", program="no-such-program"),
        target("echo 'a | b' >&2; exit 1"),
    ]
    outcomes = [check_target(each, model, limit=5) for each in stand_ins]
    record = compose_record(model, outcomes)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    rows = [format_row(each) for each in record["runtimes"]]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert rows[0][-1] == "pass"
    assert "inf" in rows[1]
    assert rows[2][-1] == "not here: apt-get install no-such-program"
    page = render_markdown(record)
    assert page.count("\n| stand-in |") == 4
    assert summarise(outcomes) == "pass on 1 of 3 runtimes, stand-in DIFFERS, stand-in FAILED"
