"""Replays feed_cases.json and golden.json; ends with 5 where anything differs here."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from open_scorer import open_scorer, read_checked

files = read_checked()
scorer = open_scorer()
golden = json.loads(files["golden.json"])
bounds = {"expected": golden["tolerance"], "graph": golden["graph"]["tolerance"]}
wanted = {"expected": golden["expected"], "graph": golden["graph"]["expected"]}


def find_wrong_cells() -> tuple[int, list[Any]]:
    """How many cases there are, and those whose value in the tensor is another."""
    from pipeline.manifest import Cells, Input, Known
    from pipeline.runtime.feeds import CellError, make_feed

    count, wrong = 0, []
    for entry in json.loads(files["feed_cases.json"])["columns"]:
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
    return count, wrong


def add_differences(answers: dict[str, Any], rows: slice, found: dict[str, Any]) -> None:
    """Add flips and the largest error of some rows to what was found."""
    for key, expected in wanted.items():
        label, want = answers["prediction_label"], expected["prediction_label"][rows]
        if scorer.manifest.predicts == "numbers":
            scale = np.maximum(np.abs(want), golden["scale"])
            errors = np.abs(label - np.array(want)) / scale
        else:
            found["flips"] += sum(a != b for a, b in zip(label.tolist(), want, strict=True))
            scores = expected.get("prediction_score")
            errors = np.abs(answers["prediction_score"] - scores[rows]) if scores else np.zeros(1)
        found[key] = max(found[key], float(errors.max()))


def main() -> int:
    """The exit code, after what was found is printed."""
    count, wrong = find_wrong_cells()
    found: dict[str, Any] = {"flips": 0, "expected": 0.0, "graph": 0.0}
    total = len(golden["kinds"])
    for rows in (slice(0, total), *(slice(k, k + 1) for k in range(total))):
        inputs = {name: values[rows] for name, values in golden["inputs"].items()}
        add_differences(scorer.predict(inputs), rows, found)
    print(
        json.dumps({"cells": {"count": count, "wrong": wrong}, "rows": {"count": total, **found}})
    )
    differs = wrong or found["flips"] or any(found[key] > bound for key, bound in bounds.items())
    return 5 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
