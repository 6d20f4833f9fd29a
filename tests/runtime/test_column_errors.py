"""Refusals of columns name those that are meant, and stay short."""

from __future__ import annotations

from pipeline.manifest.columns import Input
from pipeline.runtime.column_errors import list_names, make_missing_error, make_surplus_error


def test_a_missing_column_is_named_with_the_nearest() -> None:
    err = make_missing_error([Input("region", "text")], ["age", "regoin"])
    assert "'region' (text, nearest: 'regoin')" in err.message
    assert err.details == {"columns": ["region"]}


def test_what_an_earlier_prediction_wrote_has_another_way_out() -> None:
    names = ["prediction_label"]
    assert "earlier prediction" in make_surplus_error(names, ["age", *names]).hint
    assert "ignore_surplus" in make_surplus_error(["x", *names], ["x"]).hint
    assert make_surplus_error(names, names).details == {"columns": names}


def test_many_names_are_counted() -> None:
    assert list_names(["a", 1]) == "'a', 1"
    assert list_names(range(12)).endswith("9 and 2 more")
