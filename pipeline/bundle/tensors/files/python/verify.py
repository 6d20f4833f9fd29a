"""Replays golden.json: the rows in one batch, and each alone.

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
from scorer import Scorer, open_files, read_array

ROUNDS = 200


def replay_golden(scorer: Scorer, golden: Mapping[str, Any]) -> dict[str, Any]:
    """How many rows, those whose answers are outside the bound or have another largest column."""
    inputs = {name: read_array(entry) for name, entry in golden["inputs"].items()}
    wanted = {name: read_array(entry) for name, entry in golden["outputs"].items()}
    total = len(next(iter(inputs.values())))
    found: dict[str, Any] = {"count": total, "outside": 0, "flips": 0, "error": 0.0}
    for rows in (slice(0, total), *(slice(k, k + 1) for k in range(total))):
        answers = scorer.predict({name: array[rows] for name, array in inputs.items()})
        for name, expected in wanted.items():
            _count(found, answers[name], expected[rows], golden)
    return found


def _count(found: dict[str, Any], got: Any, want: Any, golden: Mapping[str, Any]) -> None:
    if got.shape != want.shape:
        found["outside"] += len(want)
        return
    if want.dtype.kind != "f":
        found["outside"] += int(np.sum(got != want))
        return
    bound = golden["atol"] + golden["rtol"] * np.abs(want)
    error = np.abs(got - want)
    is_missing = np.isnan(want) & ~np.isfinite(got)  # null stands for NaN and infinity
    found["outside"] += int(np.sum(~(error <= bound) & ~is_missing))
    found["error"] = max(found["error"], float(np.nanmax(error, initial=0.0)))
    if want.ndim == 2 and want.shape[1] > 1 and np.isfinite(want).all():
        rows = np.arange(len(want))
        top, ours = want.argmax(axis=1), got.argmax(axis=1)
        lead = want[rows, top] - want[rows, ours]
        found["flips"] += int(np.sum(lead > 2 * bound[rows, top]))


def time_row(scorer: Scorer, golden: Mapping[str, Any]) -> dict[str, float]:
    """Microseconds for one row, median."""
    row = {name: read_array(entry)[:1] for name, entry in golden["inputs"].items()}
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        scorer.predict(row)
        times.append(time.perf_counter() - start)
    return {"row_us": float(np.median(times)) * 1e6}


def main() -> int:
    """The exit code, after what was found is printed."""
    start = time.perf_counter()
    try:
        files = open_files()
    except (ValueError, OSError) as err:
        print(err, file=sys.stderr)
        return 3
    scorer = Scorer()
    open_ms = (time.perf_counter() - start) * 1e3
    golden = json.loads(files["golden.json"])
    rows = replay_golden(scorer, golden)
    found = {"runtime": f"onnxruntime {version('onnxruntime')}", "rows": rows}
    if "--measure" in sys.argv:
        found["speed"] = {"open_ms": open_ms, **time_row(scorer, golden)}
    print(json.dumps(found))
    return 5 if rows["outside"] or rows["flips"] else 0


if __name__ == "__main__":
    sys.exit(main())
