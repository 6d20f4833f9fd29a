"""Report, page: report.html, model_card.md and pictures, made of an artifact folder's own files."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import typed_json
from pipeline.errors import DataError, UsageError
from pipeline.report import chapters, holdout, importance
from pipeline.report.drawing import Tables
from pipeline.report.plots import Plot, plot
from pipeline.report.told import Told
from pipeline.report.usage import SHELL
from pipeline.report.wording import markdown, number, small

if TYPE_CHECKING:
    import jinja2

FACTS = Path("config", "report.json")
GRAPH = Path("onnx", "graph.svg")
REPORT = Path("reports", "report.html")
CARD = Path("reports", "model_card.md")

CSS_DPI = 96
WIDE = 8.0
"""Inches; a wider picture gets the width of the page."""

TEMPLATES = Path(__file__).with_name("templates")


def build(folder: Path) -> None:
    """Write the report, the model card and their pictures from what a training has left.

    Raises:
        UsageError: the folder is not one that a training wrote.
        DataError: one of its files is damaged or missing.
    """
    facts = read_facts(folder)
    tables = chapters.read_tables(folder)
    _check(folder, facts, tables)
    pictures = [plot(d) for d in chapters.drawings(facts, tables)]
    values = {**facts, "shell": SHELL, "plots": by_section(pictures), "graph_uri": "", **_links()}
    values["importance"] = importance.told(tables)
    if facts["parity"] is not None:
        graph = _graph(folder).encode()
        save(folder / GRAPH, graph)
        values["graph_uri"] = _uri(graph, "image/svg+xml")
    for picture in pictures:
        save(folder / "plots" / f"{picture.name}.png", picture.light)
    for file in (REPORT, CARD):
        save(folder / file, _filled(folder, file.name, values).encode(errors="replace"))


def read_facts(folder: Path) -> dict[str, Any]:
    """The words and figures of an artifact folder.

    Raises:
        UsageError: the folder is not one that a training wrote.
        DataError: the file is damaged.
    """
    try:
        text = (folder / FACTS).read_bytes()
    except OSError as err:
        raise UsageError(
            f"got {str(folder)!r} ({err}), expected an artifact folder with {FACTS}",
            hint="give the folder or the run that python -m pipeline.train has written",
        ) from err
    try:
        facts: dict[str, Any] = typed_json.parsed(text)
        typed_json.read(Told, text.decode())
    except ValueError as err:
        raise _damaged(folder, err) from err
    return facts


def _damaged(folder: Path, err: Exception) -> DataError:
    return DataError(f"{folder / FACTS}: cannot be read ({err})", hint=chapters.AGAIN)


def _check(folder: Path, facts: Mapping[str, Any], tables: Tables) -> None:
    """Refuse a folder without what the page is drawn of.

    Raises:
        DataError: it lacks the holdout's rows, columns of them, or the graph that it speaks of.
    """
    needed = [Path(chapters.FOLDER, holdout.FILE)]
    needed += [Path("onnx", "model.onnx")] if facts["parity"] is not None else []
    for file in needed:
        if not (folder / file).is_file():
            raise DataError(
                f"{folder / file}: got no such file, which {FACTS} speaks of", hint=chapters.AGAIN
            )
    chapters.check_holdout(folder, facts, tables)


def _filled(folder: Path, template: str, values: Mapping[str, Any]) -> str:
    """A template with values that all come from config/report.json, or a refusal of that file."""
    import jinja2

    try:
        return rendered(template, values)
    except (jinja2.UndefinedError, TypeError, ValueError) as err:
        raise _damaged(folder, err) from err


def rendered(template: str, values: Mapping[str, Any], *places: Path) -> str:
    """A template of this package, or of other folders beside it, with its values."""
    return _environment(places).get_template(template).render(values)


def save(file: Path, content: bytes) -> None:
    """Write a file into a folder that may not be there yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _links() -> dict[str, str]:
    """The page's only script, and its hash, by which the page allows that script and no other.

    Inside MLflow the page lies in a frame where a link to a section leads nowhere by itself.
    """
    script = (TEMPLATES / "links.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"links": script, "links_hash": f"sha256-{digest}"}


def _graph(folder: Path) -> str:
    import onnx

    from pipeline.manifest import METADATA_KEY, Manifest
    from pipeline.report.picture import draw

    model = onnx.load(folder / "onnx" / "model.onnx")
    texts = {entry.key: entry.value for entry in model.metadata_props}
    manifest = Manifest.from_json(texts[METADATA_KEY])
    return draw(model, manifest.inputs, manifest.outputs)


def by_section(pictures: Sequence[Plot]) -> dict[str, list[dict[str, Any]]]:
    """What the page needs of each picture, under the section that shows it."""
    sections: dict[str, list[dict[str, Any]]] = defaultdict(list)  # a section may have none
    for picture in pictures:
        sections[picture.section].append(_shown(picture))
    return sections


def _shown(picture: Plot) -> dict[str, Any]:
    light, dark = (_uri(content, "image/png") for content in (picture.light, picture.dark))
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


def _uri(content: bytes, kind: str) -> str:
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
    made.filters.update(md=markdown, small=small, number=number)
    return made
