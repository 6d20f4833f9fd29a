"""Draws an ONNX graph as SVG; the same graph gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pipeline.manifest import Output
from pipeline.report.graph_diagram import Box, Column, Diagram, build_diagram, summarize_graph
from pipeline.report.graph_layout import Layout, Line, Size, arrange_layout

if TYPE_CHECKING:
    import onnx

LONGEST = 30
"""Characters of a name that are shown; the tooltip has all of it."""
CHARACTER, TITLE, LINE = 7.3, 20.0, 16.0
"""Width of a character and height of a line of text, in pixels."""
PADDING = 10.0
WIDEST = 6000
"""Pixels; a wider graph is summed up instead, since nobody scrolls that far."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""

STYLE = """
text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #424a53 }
.title { font-weight: 600; fill: #1f2328 }
.ground { fill: #ffffff }
.box { fill: #f6f8fa; stroke: #8c959f }
.input { fill: #ddf1fd; stroke: #0072b2 }
.model { fill: #fdf0d5; stroke: #b97a00 }
.output { fill: #dff5ec; stroke: #00805d; stroke-width: 2 }
.line { fill: none; stroke: #8c959f; stroke-width: 1.2 }
.tip { fill: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #b6bfc9 } .title { fill: #f0f3f6 } .ground { fill: #14181d }
.box { fill: #21262d; stroke: #6e7781 } .input { fill: #0d2c40; stroke: #56b4e9 }
.model { fill: #3d2e0c; stroke: #e69f00 } .output { fill: #0b3328; stroke: #2fbf94 }
.line { stroke: #6e7781 } .tip { fill: #6e7781 }
}
"""


def draw_graph(model: onnx.ModelProto, inputs: Sequence[Column], outputs: Sequence[Output]) -> str:
    """The graph as SVG text: inputs at the top, outputs at the bottom, a box per operator."""
    content = build_diagram(model, inputs, outputs)
    sizes, layout = _place(content)
    if layout.width > WIDEST:
        content = summarize_graph(model, inputs, outputs)
        sizes, layout = _place(content)
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_text(model.doc_string or 'ONNX graph')}</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="90"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect class="ground" width="{width}" height="{height}"/>',
        *(_path(line) for line in layout.lines),
    ]
    for box, size, corner in zip(content.boxes, sizes, layout.corners, strict=True):
        parts += _draw_box(box, size, corner)
    return "\n".join([*parts, "</svg>", ""])


def _place(content: Diagram) -> tuple[list[Size], Layout]:
    sizes = [_size(box) for box in content.boxes]
    last = [i for i, box in enumerate(content.boxes) if box.kind == "output"]
    return sizes, arrange_layout(sizes, content.edges, last)


def _size(box: Box) -> Size:
    longest = max(map(_characters, map(_short, (box.title, *box.lines))))
    return Size(2 * PADDING + CHARACTER * max(longest, 6), PADDING + TITLE + LINE * len(box.lines))


def _characters(text: str) -> int:
    """Width in characters: East Asian ones are twice as wide, combining ones have none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _path(line: Line) -> str:
    (x, y), (above, below), (to_x, to_y) = line.start, line.bend, line.end
    middle = (above + below) / 2
    curve = f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {below:.1f}"
    tip = ' marker-end="url(#tip)"' if line.arrives else ""
    return f'<path class="line" d="M{x:.1f} {y:.1f}V{above:.1f}{curve}V{to_y:.1f}"{tip}/>'


def _draw_box(box: Box, size: Size, corner: tuple[float, float]) -> Iterator[str]:
    x, y = corner
    middle = f"{x + size.width / 2:.1f}"
    radius = {"input": 12, "output": 12}.get(box.kind, 4)
    yield f"<g><title>{_text(box.hover or box.title)}</title>"
    yield (
        f'<rect class="box {box.kind}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{size.width:.1f}" height="{size.height:.1f}" rx="{radius}"/>'
    )
    baseline = y + PADDING / 2 + TITLE - 5
    for i, text in enumerate((box.title, *box.lines)):
        style = ' class="title"' if i == 0 else ""
        place = f'x="{middle}" y="{baseline + i * LINE:.1f}" text-anchor="middle"'
        yield f"<text {place}{style}>{_text(_short(text))}</text>"
    yield "</g>"
