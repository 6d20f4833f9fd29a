"""What candidates are as graphs, beside PyCaret's own figures."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from pipeline.automl.candidate_cost import COLUMNS, Cost, add_costs, format_leaderboard

GOOD = Cost(max_error=2e-15, rows=3341, microseconds_per_row=24.04, bytes=26872)
EXACT = Cost(max_error=0.0, rows=3341, microseconds_per_row=1234.5, bytes=512)
WRONG = Cost(max_error=0.2, failures=7, flips=3, microseconds_per_row=9.0, bytes=100)
NONE = Cost(refusal="no exact form")


def board() -> pd.DataFrame:
    figures = {"Model": ["G", "L", "D"], "R2": [0.9, 0.8, math.nan], "TT (Sec)": [0.1, 0.2, 0.3]}
    return pd.DataFrame(figures, index=["gbr", "lr", "dummy"])


@pytest.mark.parametrize(
    ("cost", "texts"),
    [
        (GOOD, ("yes", "2.0e-15", "0", "24.0", "26,872")),
        (EXACT, ("yes", "0", "0", "1,234.5", "512")),
        (WRONG, ("not exact", "2.0e-01", "3", "9.0", "100")),
        (NONE, ("no", "", "", "", "")),
    ],
)
def test_a_cost_reads_as_one_line_of_the_leaderboard(cost: Cost, texts: tuple[str, ...]) -> None:
    assert cost.texts == texts
    assert len(cost.cells) == len(COLUMNS)


def test_only_a_graph_without_failures_is_proven() -> None:
    assert [cost.proven for cost in (GOOD, EXACT, WRONG, NONE)] == [True, True, False, False]
    assert NONE.figures == {}
    assert GOOD.figures["microseconds_per_row"] == 24.0  # as a tenth is all it is good for


def test_the_kept_leaderboard_has_pycarets_columns_and_ours_as_numbers() -> None:
    found = add_costs(board(), {"gbr": GOOD, "lr": NONE})
    pd.testing.assert_frame_equal(found[board().columns], board())
    assert tuple(found.columns[len(board().columns) :]) == COLUMNS
    content = json.loads(found.to_json(orient="split", double_precision=15))
    assert content["data"][0][-5:] == ["yes", 2e-15, 0, 24.04, 26872]
    assert content["data"][1][-5:] == ["no", None, None, None, None]
    assert content["data"][2][-5:] == [None] * 5


def test_the_shown_leaderboard_has_blanks_where_nothing_was_tried() -> None:
    costs = {"gbr": GOOD}
    head, rows = format_leaderboard(add_costs(board(), costs), costs)
    assert head == ["id", "Model", "R2", "TT (Sec)", *COLUMNS]
    assert rows[0] == ["gbr", "G", 0.9, 0.1, *GOOD.texts]
    assert rows[1] == ["lr", "L", 0.8, 0.2, "", "", "", "", ""]


def test_without_any_graph_the_shown_leaderboard_is_pycarets() -> None:
    head, rows = format_leaderboard(board(), {})
    assert head == ["id", "Model", "R2", "TT (Sec)"]
    assert [row[0] for row in rows] == ["gbr", "lr", "dummy"]
