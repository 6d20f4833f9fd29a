"""A graph that warns says what the scoring code says of every row, and answers as it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

from pipeline.export.model import with_metadata
from pipeline.export.row_warnings import add_row_warnings
from pipeline.manifest.columns import Cells, Input, Known
from pipeline.runtime.feeds import CellError
from pipeline.runtime.grammar import NAT
from pipeline.runtime.masks import flag_rows, pack_flags
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.unseen import Tally
from tests import small_models

FIRST, LAST = 86_400 * 10**9, 2**62
KINDS: Mapping[str, Input] = {
    "complete number": Input("n", "number", Cells(), Known(None, -1.5, 3.0)),
    "number with gaps": Input("n", "number", Cells(), Known(None, 0.0, 0.0, missing=True)),
    "whole number": Input("n", "number", Cells(), Known(None, -7, 2**53 + 1)),
    "number without a value": Input("n", "number", Cells(), Known(missing=True)),
    "complete text": Input("t", "text", Cells(), Known(("NaN", "yes", "ü 🙂"))),
    "text with gaps": Input("t", "text", Cells(), Known(("12", "yes"), missing=True)),
    "text without a value": Input("t", "text", Cells(), Known((), missing=True)),
    "free text": Input("t", "text", Cells(), Known()),
    "boolean": Input("b", "boolean", Cells(), Known()),
    "complete date": Input("d", "date", Cells(), Known(None, FIRST, LAST)),
    "date with gaps": Input("d", "date", Cells(), Known(None, -5, 5, missing=True)),
    "old": Input("n", "number"),
    "old text": Input("t", "text"),
}
EDGES = (0.0, -0.0, float("nan"), 5e-324, -5e-324, 3.4e38, -1.5, 3.0, -7.0, 2.0**53)
NUMBERS = st.sampled_from(
    [*EDGES, *(float(np.nextafter(n, way)) for n in (-1.5, 3.0, -7.0) for way in (-9, 9))]
) | st.floats(allow_infinity=False, width=32)
TEXTS = st.sampled_from(
    ["", "yes", "YES", " yes", "yes ", "12", "12.0", "NaN", "ü 🙂", "u\u0308 🙂"]
)
DATES = st.sampled_from(
    [n + step for n in (FIRST, LAST, -5, 5, 0) for step in (-1, 0, 1)] + [NAT, NAT + 1, 2**63 - 1]
)
VALUES: Mapping[str, Any] = {
    "number": NUMBERS,
    "text": TEXTS | st.text(st.characters(exclude_characters="\0"), max_size=3),
    "boolean": st.booleans(),
    "date": DATES,
}
DTYPES = {"number": np.float64, "text": object, "boolean": np.bool_, "date": np.int64}


@cache
def warning(inputs: tuple[Input, ...]) -> tuple[Scorer, ReferenceEvaluator]:
    """The number of each cell as a graph, which also warns, on two runtimes."""
    model = onnx.load_from_string(small_models.reading(inputs))
    warned, masks = add_row_warnings(model, inputs)
    manifest = replace(Scorer(model.SerializeToString()).manifest, warnings=masks)
    data = with_metadata(warned, manifest)
    return Scorer(data), ReferenceEvaluator(onnx.load_from_string(data))


def columns(*kinds: str) -> tuple[Input, ...]:
    return tuple(replace(KINDS[kind], name=f"{place} {kind}") for place, kind in enumerate(kinds))


def expected(inputs: tuple[Input, ...], feeds: Mapping[str, Any]) -> dict[str, Any]:
    """The masks cell by cell, by the rule in words."""
    count = len(next(iter(feeds.values())))
    words = -(-len(inputs) // 31)
    found = {w: np.zeros((count, words), np.int64) for w in ("missing", "unseen", "range")}
    for place, column in enumerate(inputs):
        known = column.known
        for row, value in enumerate(feeds[column.name][:, 0].tolist()):
            is_gap = value == {"text": "", "date": NAT}.get(column.kind) or value != value  # noqa: PLR0124
            if known is None:
                continue
            bit = {
                "missing": is_gap and not known.missing and column.kind != "boolean",
                "unseen": not is_gap
                and known.categories is not None
                and value not in known.categories,
                "range": not is_gap
                and known.minimum is not None
                and not known.minimum <= value <= known.maximum,
            }
            for warns, is_set in bit.items():
                found[warns][row, place // 31] += is_set << place % 31
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_masks_are_those_of_the_rule_on_two_runtimes(data: st.DataObject) -> None:
    sets = [("complete number", "complete text", "complete date", "boolean"), tuple(KINDS)]
    kinds = data.draw(st.sampled_from(sets + [(kind,) for kind in KINDS]))
    inputs, rows = columns(*kinds), data.draw(st.integers(1, 4))
    drawn = {
        each.name: data.draw(st.lists(VALUES[each.kind], min_size=rows, max_size=rows))
        for each in inputs
    }
    feeds = {each.name: np.array(drawn[each.name], DTYPES[each.kind])[:, None] for each in inputs}
    scorer, evaluator = warning(inputs)
    found, flags = scorer.run_masks(feeds), flag_rows(inputs, feeds)
    answers = dict(zip(evaluator.output_names, evaluator.run(None, feeds), strict=True))
    wanted = expected(inputs, feeds)
    for mask in scorer.manifest.warnings:
        assert found[mask.name].dtype == np.int32
        assert found[mask.name].tolist() == wanted[mask.warns].tolist()
        assert answers[mask.name].tolist() == wanted[mask.warns].tolist()
        assert pack_flags(flags[mask.warns]).tolist() == wanted[mask.warns].tolist()


@pytest.mark.parametrize("count", [1, 31, 32, 63, 100])
def test_columns_beyond_a_word_have_another_and_no_word_is_negative(count: int) -> None:
    inputs = columns(*["complete number"] * count)
    scorer, evaluator = warning(inputs)
    rows = [[float("nan")] * count, [0.0] * (count - 1) + [9.0], [0.0] * count]
    feeds = {each.name: np.array([[row[k]] for row in rows]) for k, each in enumerate(inputs)}
    found = scorer.run_masks(feeds)
    assert found["warning_missing"].shape == (3, -(-count // 31))
    assert (found["warning_missing"] >= 0).all() and not found["warning_missing"][1:].any()
    assert sum(map(int.bit_count, found["warning_missing"][0].tolist())) == count
    assert found["warning_range"][1].nonzero()[0].tolist() == [(count - 1) // 31]
    said = scorer.warn({name: tensor[:, 0] for name, tensor in feeds.items()})
    assert said == [{"missing": [*feeds]}, {"range": [inputs[-1].name]}, {}]
    np.testing.assert_array_equal(
        evaluator.run(["warning_missing"], feeds)[0], found["warning_missing"]
    )


HOSTILE: dict[str, list[Any]] = {
    "body mass [kg]": [30, "200.0", None, -0.0, 200.00000000000003, "NA", 5e-324, 70],
    "smoker": ["yes", "YES", None, "", " yes", "no", "ü 🙂", "null"],
    "member": [True, "false", 0, 1, True, False, True, True],
    "joined": [
        "1970-01-01",
        "1969-12-31",
        None,
        "",
        "2262-01-01",
        "2021-02-30",
        "1678-01-01",
        "2100-01-01T00:00Z",
    ],
}


@pytest.mark.parametrize("missing", [False, True])
def test_a_graph_that_warns_answers_bit_for_bit_and_says_what_scoring_counts(
    missing: bool,
) -> None:
    plain = Scorer(small_models.ruled())
    inputs = tuple(
        replace(each, known=replace(each.known or Known(), missing=missing))
        for each in plain.manifest.inputs
    )
    warned, masks = add_row_warnings(onnx.load_from_string(small_models.ruled()), inputs)
    manifest = replace(plain.manifest, inputs=inputs, warnings=masks)
    scorer = Scorer(with_metadata(warned, manifest))
    for name, values in plain.predict(HOSTILE).items():
        assert scorer.predict(HOSTILE)[name].tobytes() == values.tobytes()
    rows = scorer.warn({**HOSTILE, "another": range(8)})
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        for warns, names in row.items():
            for name in names:
                counted[name, warns] = counted.get((name, warns), 0) + 1
    tally = Tally(inputs)
    tally.add(HOSTILE, scorer.feeds(HOSTILE))
    words = {"category": "unseen", "no date": "" if missing else "missing"}
    told: dict[tuple[str, str], int] = {}
    for one in tally.found:
        if warns := words.get(one.what, one.what):
            told[one.column, warns] = told.get((one.column, warns), 0) + one.count
    assert counted == told


def test_an_empty_table_has_empty_masks_and_nul_is_refused() -> None:
    scorer, _ = warning(columns("complete text", "complete number"))
    text, number = (each.name for each in scorer.manifest.inputs)
    assert scorer.warn({text: [], number: []}) == []
    with pytest.raises(CellError):
        scorer.warn({text: ["yes\0x"], number: [1.0]})


def test_a_column_of_an_outputs_name_keeps_it() -> None:
    (column,) = columns("complete number")
    inputs = (replace(column, name="warning_range"), replace(column, name="/warnings/1"))
    scorer, _ = warning(inputs)
    assert [mask.name for mask in scorer.manifest.warnings][-1] == "warning_range_"
    assert scorer.warn({"warning_range": [9.0], "/warnings/1": [0.0]}) == [
        {"range": ["warning_range"]}
    ]
