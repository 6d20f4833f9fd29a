"""Replays feed_cases.json and golden.json.

Ends with 5 where anything differs here, with 3 where a file is not as it was written. `--measure`
adds how fast it is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from open_scorer import open_scorer, read_checked

Columns = Mapping[str, list[Any]]


def find_wrong_cells(cases: Mapping[str, Any]) -> dict[str, Any]:
    """How many cases there are, and those whose value in the tensor is another."""
    from pipeline.manifest.columns import Cells, Input, Known
    from pipeline.runtime.feeds import CellError, make_feed

    count, wrong = 0, []
    for entry in cases["columns"]:
        given = entry["input"]
        known = given["known"] and Known(**given["known"])
        cells = {k: tuple(v) if isinstance(v, list) else v for k, v in given["cells"].items()}
        column = Input(given["name"], given["kind"], Cells(**cells), known)
        for cell, value in entry["cases"]:
            count += 1
            try:
                found = make_feed(column, [cell])[0, 0]
                found = str(found) if column.kind == "date" else found
            except CellError as err:
                found = {"refused": err.expected}
            is_missing = value is None and str(found) == "nan"
            if not is_missing and (
                found != value or isinstance(found, dict) != isinstance(value, dict)
            ):
                wrong.append([column.name, cell, value])
    return {"count": count, "wrong": wrong}


def replay_rows(scorer: Any, golden: Mapping[str, Any]) -> dict[str, Any]:
    """Flips and the largest errors, in one batch and each row alone."""
    total = len(golden["kinds"])
    found: dict[str, Any] = {"count": total, "flips": 0, "error": 0.0, "graph_error": 0.0}
    wanted = {"error": golden["expected"], "graph_error": golden["graph"]["expected"]}
    for rows in (slice(0, total), *(slice(k, k + 1) for k in range(total))):
        answers = scorer.predict(take_rows(golden["inputs"], rows))
        for key, expected in wanted.items():
            label, want = answers["prediction_label"], expected["prediction_label"][rows]
            if scorer.manifest.predicts == "numbers":
                scale = np.maximum(np.abs(want), golden["scale"])
                errors = np.abs(label - np.array(want)) / scale
            else:
                found["flips"] += sum(a != b for a, b in zip(label.tolist(), want, strict=True))
                scores = expected.get("prediction_score")
                errors = np.abs(answers["prediction_score"] - scores[rows]) if scores else 0.0
            # an answer that is no number is infinitely wrong
            largest = np.max(np.nan_to_num(errors, nan=np.inf))
            found[key] = max(found[key], float(largest))
        if words := golden.get("warnings"):
            wrong = count_wrong_masks(scorer, golden["inputs"], words, rows)
            found["warnings"] = found.get("warnings", 0) + wrong
    return found


def count_wrong_masks(scorer: Any, columns: Columns, words: Mapping[str, Any], rows: slice) -> int:
    """Rows with another word in a mask."""
    masks = scorer.run_masks(scorer.feeds(take_rows(columns, rows)))
    pairs = [(masks[name].tolist(), expected[rows]) for name, expected in words.items()]
    return sum(a != b for got, want in pairs for a, b in zip(got, want, strict=True))


def take_rows(columns: Columns, rows: slice) -> Columns:
    """Some rows of every column."""
    return {name: values[rows] for name, values in columns.items()}


def measure(scorer: Any, columns: Columns) -> dict[str, float]:
    """Microseconds for one row (median), milliseconds for 10,000, from cells to answers."""
    total = len(next(iter(columns.values())))
    alone = [take_rows(columns, slice(k % total, k % total + 1)) for k in range(500)]
    batch = {k: (values * (10_000 // total + 1))[:10_000] for k, values in columns.items()}

    def timed(rows: Columns) -> float:
        start = time.perf_counter()
        scorer.predict(rows)
        return time.perf_counter() - start

    row_us = float(np.median([timed(row) for row in alone])) * 1e6
    timed(batch)
    return {"row_us": row_us, "batch_ms": timed(batch) * 1e3}


def is_proven(found: Mapping[str, Any], golden: Mapping[str, Any]) -> bool:
    """Whether cells and rows are as the training proved them."""
    rows, is_as_read = found["rows"], not found["cells"]["wrong"]
    is_near = rows["error"] <= golden["tolerance"]
    is_same = rows["graph_error"] <= golden["graph"]["tolerance"]
    return is_as_read and not rows["flips"] and not rows.get("warnings") and is_near and is_same


def main() -> int:
    """The exit code, after what was found is printed."""
    start = time.perf_counter()
    try:
        files = read_checked()
    except (ValueError, OSError) as err:
        print(err, file=sys.stderr)
        return 3
    scorer = open_scorer()
    open_ms = (time.perf_counter() - start) * 1e3
    golden = json.loads(files["golden.json"])
    cells = find_wrong_cells(json.loads(files["feed_cases.json"]))
    rows = replay_rows(scorer, golden)
    found = {"runtime": f"onnxruntime {version('onnxruntime')}", "cells": cells, "rows": rows}
    if "--measure" in sys.argv:
        found["speed"] = {"open_ms": open_ms, **measure(scorer, golden["inputs"])}
    print(json.dumps(found))
    return 0 if is_proven(found, golden) else 5


if __name__ == "__main__":
    sys.exit(main())
