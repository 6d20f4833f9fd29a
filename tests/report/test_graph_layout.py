"""Boxes never overlap, and every connection leads from its box to its box."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.graph_layout import GAP_X, Layout, Size, arrange_layout

TOUCHING = 1e-6
"""Rounding of the sums of coordinates, in pixels."""


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[tuple[int, int]], list[int]]:
    """Up to 25 boxes, edges from lower to higher numbers, and some boxes for the lowest layer."""
    count = draw(st.integers(1, 25))
    side = st.floats(10, 250)
    sizes = draw(st.lists(st.builds(Size, side, side), min_size=count, max_size=count))
    pairs = list(combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=60)) if pairs else []
    sinks = sorted(set(range(count)) - {source for source, _ in edges})
    return sizes, edges, draw(st.lists(st.sampled_from(sinks), unique=True))


def reached(layout: Layout, size: Size, corner: tuple[float, float]) -> set[tuple[float, float]]:
    """Where the lines arrive that start at a box, followed through the layers they pass."""
    front = {(corner[0] + size.width / 2, corner[1] + size.height)}
    arrived = set()
    while front:
        place = front.pop()
        for line in layout.lines:
            if max(abs(a - b) for a, b in zip(line.start, place, strict=True)) > TOUCHING:
                continue
            (arrived if line.arrives else front).add(line.end)
    return arrived


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_boxes_lie_inside_the_picture_and_apart(
    graph: tuple[list[Size], list[tuple[int, int]], list[int]],
) -> None:
    sizes, edges, last = graph
    layout = arrange_layout(sizes, edges, last)
    boxes = [
        (x, y, x + s.width, y + s.height) for (x, y), s in zip(layout.corners, sizes, strict=True)
    ]
    for left, top, right, bottom in boxes:
        assert left > 0
        assert top > 0
        assert right < layout.width
        assert bottom < layout.height
    for a, b in combinations(boxes, 2):
        beside = max(a[0], b[0]) - min(a[2], b[2])
        above = max(a[1], b[1]) - min(a[3], b[3])
        assert beside >= GAP_X - TOUCHING or above > 0


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_every_edge_leads_down_from_its_box_to_its_box(
    graph: tuple[list[Size], list[tuple[int, int]], list[int]],
) -> None:
    sizes, edges, last = graph
    layout = arrange_layout(sizes, edges, last)
    for source, target in edges:
        x, y = layout.corners[target]
        place = (x + sizes[target].width / 2, y)
        ends = reached(layout, sizes[source], layout.corners[source])
        assert min(abs(a - place[0]) + abs(b - place[1]) for a, b in ends) < TOUCHING
    for line in layout.lines:
        assert line.start[1] <= line.bend[0] + TOUCHING
        assert line.bend[0] < line.bend[1]
        assert line.bend[1] <= line.end[1] + TOUCHING


def test_a_chain_is_a_straight_line_and_the_last_boxes_share_a_layer() -> None:
    size = Size(80, 30)
    layout = arrange_layout([size] * 6, [(0, 1), (1, 2), (2, 4), (3, 5)], last=[4, 5])
    for chain in ((0, 1, 2, 4), (3, 5)):
        xs = [layout.corners[box][0] for box in chain]
        assert max(xs) - min(xs) < 1  # a pixel
    assert layout.corners[4][1] == layout.corners[5][1]
