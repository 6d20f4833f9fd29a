"""Tables of the report: complete where people look, short where they do not."""

from __future__ import annotations

import math
from dataclasses import replace

from pipeline.automl.candidate_cost import COLUMNS, Cost
from pipeline.report import result_tables
from pipeline.report.findings import collect_findings
from pipeline.track.training_result import Converted


def test_the_leaderboard_is_pycarets_with_the_deciding_metric_first(insurance: Converted) -> None:
    found = result_tables.tabulate_leaderboard(insurance)
    board = insurance.trained.leaderboard
    assert [row[0] for row in found.rows] == list(board.index)
    assert found.head[:3] == ("id", "model", "R2")
    assert found.rows[0][2].startswith(f"{board['R2'].iloc[0]:.4f} ± ")
    assert found.marks[0] == "chosen"
    assert set(found.head[2:-1]) == set(board.columns) - {"Model", "TT (Sec)"}


def test_a_failed_model_is_in_the_leaderboard_without_figures(insurance: Converted) -> None:
    broken = replace(insurance.trained.candidates[1], failed=True, metrics={}, spread={})
    trained = replace(insurance.trained, candidates=(insurance.trained.candidates[0], broken))
    found = result_tables.tabulate_leaderboard(replace(insurance, trained=trained))
    assert found.marks[1] == "failed"
    assert found.rows[1][2] == "failed"
    assert len(found.rows[1]) == len(found.head)


def test_candidates_tried_as_graphs_say_what_they_are_as_such(insurance: Converted) -> None:
    cost = Cost(max_error=0.0, rows=9, microseconds_per_row=12.5, bytes=26_872)
    first, *rest = insurance.trained.candidates
    trained = replace(
        insurance.trained, candidates=(replace(first, cost=cost), *rest), choice="dt was chosen"
    )
    evidence = replace(insurance, trained=trained)
    found = result_tables.tabulate_graphs(evidence)
    assert found.head[-5:] == COLUMNS
    assert [row[-5:] for row in found.rows] == [("yes", "0", "0", "12.5", "26,872")]
    assert [row[0] for row in found.rows] == [first.id]
    assert "dt was chosen." in [finding.text for finding in collect_findings(evidence)]


def test_parity_by_kind_accounts_for_every_row(penguins: Converted) -> None:
    found = result_tables.tabulate_parity_by_kind(penguins)
    total = sum(int(row[found.head.index("rows")].replace(",", "")) for row in found.rows)
    summary = penguins.parity.summary
    assert total == int(summary["rows_table"]) + int(summary["rows_hostile"])


def test_failures_come_first_and_long_tables_are_cut(insurance: Converted) -> None:
    row = {**insurance.parity.table[-1], "failures": 0}
    bad = {**row, "column": "z", "failures": 1, "max_error": math.inf}
    table = (*[row] * (result_tables.MOST_PARITY_ROWS + 10), bad)
    found = result_tables.tabulate_parity_by_column(
        replace(insurance, parity=replace(insurance.parity, table=table))
    )
    assert len(found.rows) == result_tables.MOST_PARITY_ROWS
    assert found.rows[0][0] == "z"
    assert found.marks[:2] == ("failed", "")


def test_rows_that_pycaret_refuses_have_no_error(insurance: Converted) -> None:
    row = {**insurance.parity.table[-1], "max_error": math.nan, "refused_by_pycaret": 1}
    parity = replace(insurance.parity, table=(row,))
    found = result_tables.tabulate_parity_by_kind(replace(insurance, parity=parity))
    assert dict(zip(found.head, found.rows[0], strict=True))["largest error"] == ""
