"""docs/lambda.md and its picture, of the figures that benchmarks/lambda_curve.py measured."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures" / "lambda.json"
PICTURE = ROOT / "docs" / "img" / "lambda.svg"
ROWS = 10_000
ONE_CPU = 1769
"""Megabytes for which Lambda gives one vCPU."""
PRICE, REQUEST = 0.0000166667, 0.0000002
"""US dollars of a GB-second and of a request: x86 in us-east-1, the first tier."""
WORTH = 1.15
"""A size may cost so much of the cheapest one's and still be taken, if it is faster: time is
bought at one price up to a whole processor, and what is left is noise."""


@dataclass(frozen=True)
class Measured:
    """One size of one language; the least of some rounds, in milliseconds.

    Attributes:
        memory: megabytes, which are also the limit; the processor's share grows with them.
        open: from the start of the process to the first event.
        first, next: 10,000 rows in one event, from event to answer: the first one, and later ones.
        row: one row, later on.
        rss: the most megabytes that the process took; None of all where it found no room.
    """

    language: str
    memory: int
    open: float | None = None
    first: float | None = None
    next: float | None = None
    row: float | None = None
    rss: float | None = None

    def find_cost(self, milliseconds: float, price: float = PRICE) -> float:
        """US dollars of one call: each millisecond that was begun, and the request."""
        return math.ceil(milliseconds) / 1000 * self.memory / 1024 * price + REQUEST


def read_figures() -> tuple[Mapping[str, Any], list[Measured]]:
    """What the machine was, and each size in order."""
    record = json.loads(FIGURES.read_text(encoding="utf-8"))
    return record, [Measured(**each) for each in record["sizes"]]


def pick_cheapest(sizes: Iterable[Measured], price: float = PRICE) -> Measured:
    """The size whose 10,000 rows cost the least."""
    return min((s for s in sizes if s.next is not None), key=lambda s: s.find_cost(s.next, price))


def pick_size(sizes: Sequence[Measured], price: float = PRICE) -> Measured:
    """The fastest of those that cost about as little as the cheapest."""
    most = WORTH * (cheapest := pick_cheapest(sizes, price)).find_cost(cheapest.next or 0, price)
    fits = [s for s in sizes if s.next is not None and s.find_cost(s.next, price) <= most]
    return min(fits, key=lambda s: s.next or 0)


def describe_curve() -> str:
    """The page."""
    record, sizes = read_figures()
    by = {name: [s for s in sizes if s.language == name] for name in ("python", "node")}
    parts = [INTRODUCTION.format(**record, price=f"{PRICE:.10f}", request=f"{REQUEST * 1e6:.2f}")]
    for name, title in (("python", "Python"), ("node", "Node.js")):
        parts += [f"## {title}", _table(HEAD, map(_row, by[name])), _choose(by[name])]
    return "\n\n".join(parts)


def _choose(sizes: Sequence[Measured]) -> str:
    cheapest, taken = pick_cheapest(sizes), pick_size(sizes)
    text = f"The cheapest for {ROWS:,} rows is {cheapest.memory:,} MB. "
    if taken is cheapest:
        return text + "No faster one costs about as little, and the templates have this one."
    more = taken.find_cost(taken.next or 0) / cheapest.find_cost(cheapest.next or 0) - 1
    more = taken.find_cost(taken.next or 0) / cheapest.find_cost(cheapest.next or 0) - 1
    return text + (
        f"{taken.memory:,} MB are {(cheapest.next or 0) / (taken.next or 1):.1f} times as fast for "
        f"{more:.0%} more: the templates have the fastest that costs up to {WORTH - 1:.0%} more."
    )


HEAD = (
    *("MB", "vCPU", "opening ms", "first 10,000 ms", "next 10,000 ms", "one row ms"),
    *("most memory MB", "$ for a billion rows", "the same, cold each time"),
)


def _row(size: Measured) -> tuple[str, ...]:
    share = f"{size.memory / ONE_CPU:.2f}"
    if size.open is None or size.first is None or size.next is None:
        return (f"{size.memory:,}", share, "finds no room", *[""] * 6)
    return (
        f"{size.memory:,}",
        share,
        f"{size.open:,.0f}",
        f"{size.first:,.0f}",
        f"{size.next:,.0f}",
        f"{size.row:.1f}",
        f"{size.rss:.0f}",
        f"{size.find_cost(size.next) * 1e9 / ROWS:.2f}",
        f"{size.find_cost(size.open + size.first) * 1e9 / ROWS:.2f}",
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


INTRODUCTION = """# Memory and time in AWS Lambda

Lambda sells memory, and gives processor time by it: 1,769 MB are one vCPU. `python
benchmarks/lambda_curve.py` measures what that means for {table}'s {model}, with both functions
as `build.sh` makes them ([bundles](bundles.md)), in Lambda's runtime loop on this machine, **not on
AWS**: each size is a cgroup with that share of one processor in periods of 20 ms, and with that
limit of memory. {rows:,} rows of the table are one event of {event:.1f} MB. A figure is the least
of {rounds} processes, and of {seconds:.0f} seconds of calls in each. Measured on {date} on
{machine}: {versions}, on {interpreters}. The cores are shared with other work: differences of a
tenth are noise, and of a third from one vCPU on, where nothing but that work sets the limit.

The price is {price} US dollars for a GB-second and {request} for a million requests: those of x86
in us-east-1, and a parameter (`--price`). Milliseconds that were begun are paid, those of opening
too. *Cold each time* is what a schedule pays whose function has gone to sleep in between. One event
is scored by one thread: beyond 1,769 MB the price grows, and the speed hardly does. Lambda gives a
function 10 s to open.

![Time of 10,000 rows by memory](img/lambda.svg)"""


def draw_curve(sizes: Sequence[Measured]) -> None:
    """Write the picture: time of 10,000 rows by memory, both ways."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    style = {"svg.hashsalt": "lambda", "svg.fonttype": "none", "font.family": "sans-serif"}
    with mpl.rc_context(style):
        figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
        for language, name, colour in (
            ("python", "Python", "#2f6fab"),
            ("node", "Node.js", "#3c873a"),
        ):
            fits = [s for s in sizes if s.language == language and s.next is not None]
            memory = [s.memory for s in fits]
            axes.plot(memory, [s.next or 0 for s in fits], "o-", color=colour, label=name)
            cold = [(s.open or 0) + (s.first or 0) for s in fits]
            axes.plot(memory, cold, "o:", color=colour, label=f"{name}, cold")
        axes.axvline(ONE_CPU, color="#999999", linewidth=1)
        axes.annotate("one vCPU", (ONE_CPU, 1), xycoords=("data", "axes fraction"), va="bottom")
        axes.set(xscale="log", yscale="log", xlabel="memory, MB", ylabel="10,000 rows, ms")
        ticks = sorted({s.memory for s in sizes})
        axes.set_xticks(ticks, [f"{tick}" for tick in ticks], rotation=45)
        axes.minorticks_off()
        axes.set_yticks([100, 300, 1000, 3000, 10000], ["100", "300", "1,000", "3,000", "10,000"])
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.legend(frameon=False)
        figure.savefig(PICTURE, metadata={"Date": None})
        plt.close(figure)
