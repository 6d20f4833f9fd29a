"""Manifest, golden rows and feed cases as tab-separated lines, for languages without JSON.

Each line is a word and its fields. In a field, backslash, tab, line feed, carriage return and NUL
are written `\\\\`, `\\t`, `\\n`, `\\r` and `\\0`; files are UTF-8 and end lines with a line feed.

A cell is `-` where it is missing, else a letter and the value: `n` a number (the shortest decimal
that reads as the same double), `i` a whole number in digits, `s` text, `t` and `f` the booleans.
A value in a tensor is written likewise: `-` is NaN, a date is `i` and its nanoseconds, and `!` is
a refusal. Labels of a classification are `s` or `i`, of a regression `n`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.bundle.model_files import BundleSource, refuse_worded_dates

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def render_flat_files(source: BundleSource) -> dict[str, str]:
    """`model.tsv`, `golden.tsv` and `feed_cases.tsv` by their names.

    Raises:
        DataError: a date column's format has no grammar.
    """
    refuse_worded_dates(source.manifest)
    return {
        "model.tsv": _render(_model(source)),
        "golden.tsv": _render(_golden(source)),
        "feed_cases.tsv": _render(_feed_cases(json.loads(source.cases))),
    }


def _render(lines: Iterable[tuple[str, ...]]) -> str:
    return "".join("\t".join(field.translate(_ESCAPES) for field in line) + "\n" for line in lines)


def _model(source: BundleSource) -> Iterator[tuple[str, ...]]:
    """What holds for every column, then each column's block.

    version; limit of numbers; first and last year of dates; missing date; words of booleans and
    what is trimmed off them; each label in the order of scores; each required column.
    """
    manifest = json.loads(source.manifest.to_json())
    feed = manifest["feed"]
    yield ("version", str(feed["version"]))
    yield ("limit", feed["number"]["limit"])
    yield ("years", *map(str, feed["date"]["years"]))
    yield ("missing_date", feed["date"]["missing"])
    yield ("true", *feed["boolean"]["true"])
    yield ("false", *feed["boolean"]["false"])
    yield ("trimmed", feed["boolean"]["trimmed"])
    for label in manifest["labels"] or ():
        yield ("label", _cell(label))
    for name in manifest["required"]:
        yield ("required", name)
    for column in manifest["inputs"]:
        yield from _column(column, feed["grammars"][column["name"]])


def _column(column: Mapping[str, Any], grammars: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """A column's block: its name and kind, how its cells are written, grammars in order of trial.

    `whole` is `t` or `f`; `words` how booleans are spelled in text, true first, empty where they
    are refused; a grammar has its pattern, the characters trimmed before, and its groups' names.
    """
    cells, known = column["cells"], column["known"] or {}
    yield ("column", column["name"], column["kind"])
    yield ("missing", *cells["missing"])
    yield ("words", cells["true"], cells["false"])
    yield ("whole", "t" if cells["whole"] else "f")
    yield ("decimal", cells["decimal"])
    yield ("thousands", *cells["thousands"])
    yield ("categories", *(known.get("categories") or ()))
    for each in grammars:
        if "strptime" not in each:
            yield ("grammar", each["pattern"], each["trimmed"], *each["groups"])


def _golden(source: BundleSource) -> Iterator[tuple[str, ...]]:
    """Bounds; then for each row its `cells` in the order of the columns, and both answers.

    An answer is the label, then the scores in the order of the labels.
    """
    golden = json.loads(source.golden)
    yield ("tolerance", repr(golden["tolerance"]))
    yield ("graph_tolerance", repr(golden["graph"]["tolerance"]))
    yield ("scale", repr(golden["scale"]))
    for row in range(len(golden["kinds"])):
        cells = (golden["inputs"][each.name][row] for each in source.manifest.inputs)
        yield ("cells", *map(_cell, cells))
        for word, answers in (("expected", golden), ("graph", golden["graph"])):
            yield (word, *_answer(answers["expected"], row))


def _answer(answers: Mapping[str, Any], row: int) -> Iterator[str]:
    yield _cell(answers["prediction_label"][row])
    for score in answers["prediction_score"][row] if "prediction_score" in answers else ():
        yield _cell(score)


def _feed_cases(cases: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Each column's block as in `model.tsv`, then its cases: the cell, its value in the tensor."""
    for entry in cases["columns"]:
        column = entry["input"]
        yield from _column(column, entry["grammars"])
        for cell, value in entry["cases"]:
            if isinstance(value, dict):
                shown = "!"
            elif column["kind"] == "date":
                shown = f"i{value}"
            else:
                shown = _cell(value)
            yield ("case", _cell(cell), shown)


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124  NaN
        return "-"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return f"s{value}"
    return f"i{value}" if isinstance(value, int) else f"n{value!r}"
