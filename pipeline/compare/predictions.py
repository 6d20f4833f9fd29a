"""Compares predictions for the same rows, and says which model is more accurate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.compare import accuracy, prediction_change
from pipeline.compare.charts import draw_prediction_changes
from pipeline.compare.paired_scores import PairedScores, score_both
from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import (
    PageTable,
    Section,
    Tile,
    format_amount,
    format_difference,
    make_page_table,
)
from pipeline.compare.segments import find_moved_segments
from pipeline.rendering.wording import format_count

NAME, TITLE = "predictions", "Predictions for the same rows"
ROUGH = "Models are flattered by rows that they were fitted on"


def compare_predictions(a: ComparedRun, b: ComparedRun, data: Path | None = None) -> Section:
    """How answers for the same rows moved, where most, and who is nearer the truth.

    Raises:
        DataError: the file is not a table, or its values are of another kind than B's columns.
    """
    found = score_both(a, b, data)
    if isinstance(found, str):
        return Section(NAME, TITLE, (found,), values={"reason": found})
    moved = (
        prediction_change.summarize_class_changes(found)
        if found.a.classes
        else prediction_change.summarize_number_changes(found)
    )
    where = find_moved_segments(found) if _has_moved(moved) else []
    close = accuracy.compare_accuracy(found)
    values = {"of": found.source, **moved, "segments": where, "actual": close}
    said = [*_describe_moves(found, moved)]
    if close is not None:
        said += [accuracy.describe_accuracy(close, a.facts["target"]), *_note_flattery(b, data)]
    drawings = tuple(draw_prediction_changes(found, a.facts["target"])) if _has_moved(moved) else ()
    tables = (*_tabulate_moves(found, moved), *_segments(found, where))
    return Section(NAME, TITLE, tuple(said), tables, values, _tiles(found, moved), drawings)


def _has_moved(moved: dict[str, Any]) -> bool:
    """Probabilities may move without a label that flips."""
    is_far = (
        moved.get("flips") is not None and moved.get("largest_change", 0) > prediction_change.SAME
    )
    return bool(moved["changed"]) or is_far


def _describe_moves(found: PairedScores, moved: dict[str, Any]) -> Iterator[str]:
    rows = f"{moved['rows']:,} {found.source}"
    if count := moved["answered_by_one"]:
        yield f"{format_count(count, 'row')} more are answered by one of the two only."
    if not _has_moved(moved):
        yield f"Nothing moved: both predict the same for {rows}."
    elif found.a.classes:
        yield from _flips_said(moved, rows)
    else:
        yield (
            f"{moved['changed']:,} of {rows} are predicted differently "
            f"({moved['share_changed']:.1%}): by {format_difference(moved['mean_change'])} on "
            "average, "
            f"{format_amount(moved['mean_absolute_change'])} in absolute terms, "
            f"{format_difference(moved['largest_change'])} at most (row {moved['largest_row']:,})."
        )


def _flips_said(moved: dict[str, Any], rows: str) -> Iterator[str]:
    most = moved["flips"][:1]
    often = "".join(f", most often from {f['from']} to {f['to']} ({f['rows']:,})" for f in most)
    yield f"{moved['changed']:,} of {rows} got another label ({moved['share_changed']:.1%}){often}."
    if "mean_absolute_change" in moved:
        yield (
            f"Probabilities changed by {format_amount(moved['mean_absolute_change'])} on average, "
            f"{format_amount(moved['largest_change'])} at most."
        )


def _note_flattery(b: ComparedRun, data: Path | None) -> Iterator[str]:
    if data is not None:
        yield f"{ROUGH}; use ones that neither has seen."
    elif b.settings.get("finalize", True):
        yield (
            f"{ROUGH}: B was fitted again on all rows, these too. The holdout's metrics above "
            "are from before that."
        )


def _tabulate_moves(found: PairedScores, moved: dict[str, Any]) -> Iterator[PageTable]:
    if not _has_moved(moved):
        return
    if found.a.classes:
        flips = [(f["from"], f["to"], f"{f['rows']:,}") for f in moved["flips"]]
        if flips:
            yield make_page_table(
                "Labels that flipped", ("in A", "in B", "rows"), flips, texts="text2"
            )
        return
    cells = [(name, format_difference(value)) for name, value in moved["quantiles"].items()]
    yield make_page_table("Change, B minus A", ("of the rows, up to", "change"), cells)


def _segments(found: PairedScores, where: list[dict[str, Any]]) -> Iterator[PageTable]:
    if not where:
        return
    what = "flipped" if found.a.classes else "changed"
    rows = [
        (
            row["column"],
            row["segment"],
            f"{row['rows']:,}",
            f"{row['changed']:,}",
            format_amount(row["mean_change"]),
        )
        for row in where
    ]
    head = ("column", "segment", "rows", what, "mean absolute change")
    yield make_page_table("Where predictions moved most", head, rows, texts="text2")


def _tiles(found: PairedScores, moved: dict[str, Any]) -> tuple[Tile, ...]:
    name = "labels that flipped" if found.a.classes else "predictions that changed"
    return ((name, f"{moved['share_changed']:.1%}", f"of {moved['rows']:,} {found.source}"),)
