"""The figures of what converts, and docs/coverage.md made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import SECTIONS
from pipeline.parity.explain import EXPLANATIONS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "coverage.md"
FIGURES = ROOT / "docs" / "figures" / "coverage.json"


@dataclass(frozen=True)
class Figures:
    """How one case came out.

    Attributes:
        verdict: pass, FAIL, "refused" (before training), "refused late" (at conversion, for a
            listed reason) or "untrained" (by PyCaret).
        text: the verdict in one sentence, or the reason.
        seen, hostile: largest error on the table's rows and on hostile rows.
        speed: `pipeline.predict`'s time over the graph's, 10,000 rows, one thread.
        rows: rows that needed a second look, by what it found.
    """

    section: str
    table: str
    title: str
    verdict: str
    text: str
    seen: float = 0.0
    hostile: float = 0.0
    flips: int = 0
    nodes: int = 0
    onnx_bytes: int = 0
    pickle_bytes: int = 0
    speed: float = 0.0
    rows: Mapping[str, int] | None = None
    worst: Sequence[Mapping[str, Any]] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.section, self.table, self.title)


NOTICE = "<!-- Written by `python benchmarks/coverage.py`; do not edit. -->"
INTRODUCTION = """# Coverage: every estimator, every option, every composed model

Each line is a training run as `python -m pipeline.train` makes it, with two folds and the
configuration that the line names, proved against PyCaret's `predict_model` on all rows of the
table and on over 2,000 hostile rows. Errors are relative for regression and absolute for
probabilities; the bound is 1e-9, and 1e-5 / 5e-6 where PyCaret itself computes in float32
(*single*).

*speed*: `pipeline.predict`'s time over the graph's on 10,000 rows, feeds included, one thread each.
*remarks* count rows that failed at first and were explained, as the next table says.
*refused*: rows for which PyCaret itself raises an error. A configuration that is *refused* is
refused before training, *refused late* when it is converted, for the reason given; one that is
*untrained* fails in PyCaret itself."""
EXPLAINED = """## What may explain a row that fails

PyCaret's answer for a row may be far from that of a right graph. These explanations are tried for
such rows, in this order, where at most so many of them fail with the same label; each is a class
of `pipeline/parity/explanations/` with an example."""
HEAD = (
    *("case", "verdict", "error, table", "error, hostile", "flips"),
    *("nodes", "ONNX bytes", "pickle bytes", "speed", "remarks"),
)


def recorded() -> list[Figures]:
    """The figures of the last whole measurement."""
    return [Figures(**record) for record in json.loads(FIGURES.read_text("utf-8"))]


def page(measured: Iterable[Figures]) -> str:
    """docs/coverage.md."""
    measured = list(measured)
    parts = [NOTICE, INTRODUCTION, EXPLAINED, explanations()]
    for section in SECTIONS:
        parts.append(f"## {section}")
        lines = [figures for figures in measured if figures.section == section]
        for name in dict.fromkeys(figures.table for figures in lines):
            rows = [_row(figures) for figures in lines if figures.table == name]
            parts += [f"### {name}", _markdown(HEAD, rows)]
    return "\n\n".join(parts) + "\n"


def explanations() -> str:
    """The table of what may explain a failing row."""
    head = ("explanation", "tried for", "rows", "explained if", "bound", "remark")
    rows = (
        (e.name, e.when, f"≤ {e.most}" if e.most else "any", e.excuses, e.bound, e.remark)
        for e in EXPLANATIONS
    )
    return _markdown(head, rows)


def _row(figures: Figures) -> tuple[str, ...]:
    title = f"`{figures.title}`"
    if figures.verdict in ("refused", "refused late", "untrained"):
        return (title, figures.verdict, *[""] * 7, figures.text.replace("|", "/"))
    return (
        title,
        figures.verdict,
        f"{figures.seen:.0e}",
        f"{figures.hostile:.0e}",
        f"{figures.flips}",
        f"{figures.nodes:,}",
        f"{figures.onnx_bytes:,}",
        f"{figures.pickle_bytes:,}",
        f"{figures.speed:.1f}" if figures.speed > 0 else "",
        ", ".join(f"{count} {word}" for word, count in (figures.rows or {}).items()),
    )


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


def write(measured: Sequence[Figures]) -> None:
    """Keep the figures, and write the page from them."""
    FIGURES.write_text(json.dumps([asdict(f) for f in measured], indent=1) + "\n", "utf-8")
    PAGE.write_text(page(measured), "utf-8")
