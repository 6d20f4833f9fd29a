"""Writes the generated pages of docs/ from the code: `python docs/build.py [--check]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.convert.estimators.dispatch import converters
from pipeline.convert.lowering import STEPS
from pipeline.convert.refusals import REFUSALS
from pipeline.convert.registry import Entry

FOLDER = Path(__file__).resolve().parent
GRAPH, WHOLE = "ONNX graph, plain values", "ours, everything"
NOTICE = "<!-- Written by `python docs/build.py`; do not edit. -->"


def support() -> str:
    """What converts, by whom, and what is refused."""
    refused = ((f"`{r.argument}`", r.values, r.instead) for r in REFUSALS)
    return "\n\n".join(
        (
            NOTICE,
            "# What converts to ONNX",
            "skl2onnx converts wherever it is exact in float64; the reason beside each of our own "
            "converters says why it is not used there.",
            "## Estimators",
            _table(("class", "converter", "why not skl2onnx"), _rows(converters())),
            "## Preprocessing steps",
            _table(("class", "converter", "why not skl2onnx"), _rows(STEPS)),
            "## Arguments of `setup` that are refused before training",
            _table(("argument", "refused values", "instead"), refused),
        )
    )


def benchmark() -> str:
    """Speed, from the figures that the scripts in benchmarks/ wrote."""
    scoring, training = _figures("score"), _figures("train")
    graph = {(t["model"], t["rows"]): t for t in scoring if t["way"] == GRAPH}
    ours = next(t for t in training if t["way"] == WHOLE)
    faster = (_scoring_row(t, graph[t["model"], t["rows"]]) for t in scoring)
    whole = (
        (t["way"], f"{t['least']:.1f}", f"{t['median']:.1f}", f"{ours['median'] / t['median']:.2f}")
        for t in training
    )
    return "\n\n".join(
        (
            NOTICE,
            "# Speed",
            "Measured on two shared cores: the ratios count, the times are noise. Every way runs "
            "on the same rows in one run with one thread; leaderboards and predictions are "
            "checked to be equal before anything is compared.",
            "## Scoring insurance: `python benchmarks/score.py`",
            _table(
                ("model", "rows", "way", "median ms", "times the graph's", "by the fastest"), faster
            ),
            "## Training on insurance, whole processes: `python benchmarks/train.py`",
            _table(("way", "fastest s", "median s", "everything of ours / this"), whole),
            "PyCaret as documented runs with `n_jobs=-1`, and how long that takes is a matter of "
            "luck: 17, 50, 121 and 333 s were seen on the same two cores, as LightGBM's threads "
            "fight the cross-validation's or not. The other ways vary with the load alone.",
        )
    )


def _scoring_row(timing: Mapping[str, Any], graph: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"`{timing['model']}`",
        f"{timing['rows']:,}" if timing["rows"] else "cold start",
        timing["way"],
        f"{timing['median']:,.3f}",
        f"{timing['median'] / graph['median']:,.1f}",
        f"{timing['least'] / graph['least']:,.1f}",
    )


def _figures(name: str) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = json.loads((FOLDER / "figures" / f"{name}.json").read_text())
    return figures


PAGES = {"support.md": support, "benchmark.md": benchmark}


def _rows(entries: Mapping[str, Entry[Any]]) -> Iterable[tuple[str, str, str]]:
    for name, entry in sorted(entries.items()):
        yield f"`{name}`", entry.origin, entry.reason


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Write every page; with --check only say which are stale."""
    stale = []
    for name, page in PAGES.items():
        file, text = FOLDER / name, page() + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    found = "stale" if "--check" in sys.argv else "written"
    print(f"docs: {', '.join(stale) or 'nothing'} {found}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
