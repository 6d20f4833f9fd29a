"""Renders self-contained HTML pages from templates."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.rendering.png import Plot
from pipeline.rendering.wording import escape_markdown, format_number, format_small

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")
"""What every page may use: macros and style."""
CSS_DPI = 96
WIDE = 8.0
"""Inches; a wider picture gets the width of the page."""


def render_template(template: str, values: Mapping[str, Any], *places: Path) -> str:
    """A template of this package, or of other folders beside it, with its values."""
    return _environment(places).get_template(template).render(values)


def write_page(file: Path, content: bytes) -> None:
    """Write a file into a folder that may not be there yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def group_by_section(pictures: Sequence[Plot]) -> dict[str, list[dict[str, Any]]]:
    """What the page needs of each picture, under the section that shows it."""
    sections: dict[str, list[dict[str, Any]]] = defaultdict(list)  # a section may have none
    for picture in pictures:
        sections[picture.section].append(_describe_picture(picture))
    return sections


def _describe_picture(picture: Plot) -> dict[str, Any]:
    light, dark = (make_data_uri(content, "image/png") for content in (picture.light, picture.dark))
    width, height = picture.size
    return {
        "name": picture.name,
        "caption": picture.caption,
        "light": light,
        "dark": dark,
        "width": round(width * CSS_DPI),
        "height": round(height * CSS_DPI),
        "wide": width > WIDE,
    }


def make_data_uri(content: bytes, kind: str) -> str:
    """A file's content as an address, for pages that need nothing but themselves."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _environment(places: Sequence[Path]) -> jinja2.Environment:
    """Templates of these folders and of ours; HTML escapes everything, Markdown with `| md`."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader((*places, TEMPLATES)),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(md=escape_markdown, small=format_small, number=format_number)
    return made
