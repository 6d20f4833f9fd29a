"""Lays out boxes and lines in layers from top to bottom.

The usual three steps of K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of
hierarchical system structures" (1981): layers, barycentres against crossings, coordinates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

Edge = tuple[int, int]
Slot = tuple[int, int]
"""Box and layer: the box itself in its own layer, its line where it passes a later one."""
Rows = list[list[Slot]]

GAP_X, GAP_Y, LINE, MARGIN = 22.0, 34.0, 10.0, 16.0
SWEEPS = 12
STRAIGHT = 4.0
"""How much more a passing line insists on its place than a box does."""


@dataclass(frozen=True)
class Size:
    """Of one box."""

    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """One piece of a connection, straight down at its ends and curved between two layers.

    Attributes:
        start: where it leaves a box or a layer.
        bend: y of the lower edge of the upper layer and of the upper edge of the lower one.
        end: where it arrives.
        arrives: at a box, not at a passing line.
    """

    start: tuple[float, float]
    bend: tuple[float, float]
    end: tuple[float, float]
    arrives: bool


@dataclass(frozen=True)
class Layout:
    """Places of everything: `corners` are the boxes' upper left corners."""

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]


def arrange_layout(sizes: Sequence[Size], edges: Collection[Edge], last: Collection[int]) -> Layout:
    """Place boxes so that every edge points down.

    Args:
        sizes: of the boxes, numbered so that an edge leads from a lower to a higher number.
        edges: pairs of box numbers.
        last: the boxes that belong into the lowest layer.
    """
    ranks = _ranks(len(sizes), edges, last)
    links = _links(ranks, edges)
    slots = {(box, rank) for box, rank in enumerate(ranks)} | {s for link in links for s in link}
    rows: Rows = [[] for _ in range(max(ranks) + 1)]
    for slot in sorted(slots):
        rows[slot[1]].append(slot)
    _untangle(rows, links)
    widths = {slot: sizes[slot[0]].width if ranks[slot[0]] == slot[1] else LINE for slot in slots}
    centre = _centres(rows, links, widths)
    left = min(centre[slot] - width / 2 for slot, width in widths.items()) - MARGIN
    right = max(centre[slot] + width / 2 for slot, width in widths.items()) + MARGIN
    places = {slot: x - left for slot, x in centre.items()}
    bands = _bands(_heights(sizes, ranks, len(rows)))
    corners = tuple(
        (places[box, rank] - size.width / 2, sum(bands[rank]) / 2 - size.height / 2)
        for box, (rank, size) in enumerate(zip(ranks, sizes, strict=True))
    )
    tops = {(box, ranks[box]): y for box, (_, y) in enumerate(corners)}
    bottoms = {slot: y + sizes[slot[0]].height for slot, y in tops.items()}
    lines = tuple(_line(link, places, bands, (tops, bottoms)) for link in links)
    return Layout(right - left, bands[-1][1] + MARGIN, corners, lines)


def _ranks(count: int, edges: Collection[Edge], last: Collection[int]) -> list[int]:
    """Layer of each box: as low as its successors allow; one without any edge is at the top."""
    below = [0] * count
    for source, target in sorted(edges, reverse=True):  # successors come first
        below[source] = max(below[source], below[target] + 1)
    deepest = max(below)
    placed = {box for edge in edges for box in edge} | set(last)
    return [deepest - height if box in placed else 0 for box, height in enumerate(below)]


def _links(ranks: Sequence[int], edges: Iterable[Edge]) -> list[tuple[Slot, Slot]]:
    """Edges cut into pieces from one layer to the next; those of one box share their way."""
    links = set()
    for source, target in edges:
        for rank in range(ranks[source] + 1, ranks[target]):
            links.add(((source, rank - 1), (source, rank)))
        links.add(((source, ranks[target] - 1), (target, ranks[target])))
    return sorted(links)


def _neighbours(links: Iterable[tuple[Slot, Slot]]) -> tuple[Mapping[Slot, list[Slot]], ...]:
    above, below = defaultdict(list), defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _untangle(rows: Rows, links: Iterable[tuple[Slot, Slot]]) -> None:
    """Sort each layer by the mean place of its neighbours, down and up in turn."""
    above, below = _neighbours(links)
    place = {slot: float(i) for row in rows for i, slot in enumerate(row)}
    for sweep in range(SWEEPS):
        near = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            row.sort(key=lambda s: _mean((place[n] for n in near.get(s, ())), place[s]))
            place.update((slot, float(i)) for i, slot in enumerate(row))


def _centres(
    rows: Rows, links: Iterable[tuple[Slot, Slot]], widths: Mapping[Slot, float]
) -> dict[Slot, float]:
    """x of every slot: near its neighbours' mean, with the layer's order and gaps kept."""
    above, below = _neighbours(links)
    centre = dict.fromkeys(widths, 0.0)
    for sweep in range(SWEEPS + 1):
        near = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            wanted = [_mean((centre[n] for n in near.get(s, ())), centre[s]) for s in row]
            centre.update(zip(row, _spread(wanted, [widths[s] for s in row]), strict=True))
    return centre


def _spread(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The places closest to the wanted ones in which nothing overlaps: isotonic regression."""
    from sklearn.isotonic import isotonic_regression

    steps = [(a + b) / 2 + GAP_X for a, b in pairwise(widths)]
    offsets = np.array(list(accumulate(steps, initial=0.0)))
    weights = [STRAIGHT if width == LINE else 1.0 for width in widths]
    free = isotonic_regression(np.array(wanted) - offsets, sample_weight=weights)
    return [float(x) for x in free + offsets]


def _line(
    link: tuple[Slot, Slot],
    places: Mapping[Slot, float],
    bands: Sequence[tuple[float, float]],
    edges: tuple[Mapping[Slot, float], Mapping[Slot, float]],
) -> Line:
    """From the upper slot to the lower one; `edges` are the tops and bottoms of the boxes."""
    upper, lower = link
    tops, bottoms = edges
    bend = bands[upper[1]][1], bands[lower[1]][0]
    start = bottoms.get(upper, bands[upper[1]][0])  # a passing line starts where it came in
    end = tops.get(lower, bend[1])
    return Line((places[upper], start), bend, (places[lower], end), lower in tops)


def _heights(sizes: Sequence[Size], ranks: Sequence[int], layers: int) -> list[float]:
    heights = [0.0] * layers
    for size, rank in zip(sizes, ranks, strict=True):
        heights[rank] = max(heights[rank], size.height)
    return heights


def _bands(heights: Sequence[float]) -> list[tuple[float, float]]:
    """Upper and lower edge of each layer."""
    bands, top = [], MARGIN
    for height in heights:
        bands.append((top, top + height))
        top += height + GAP_Y
    return bands


def _mean(values: Iterable[float], default: float) -> float:
    found = list(values)
    return sum(found) / len(found) if found else default
