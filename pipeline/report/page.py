"""Builds report.html, model_card.md, try.html and pictures from an artifact folder's own files."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import DataError, UsageError
from pipeline.manifest import METADATA_KEY, Manifest
from pipeline.model_page.render import render_model_page
from pipeline.rendering import tables as rendering_tables
from pipeline.rendering.drawing import Tables
from pipeline.rendering.html import group_by_section, make_data_uri, render_template, write_page
from pipeline.rendering.png import render_plot
from pipeline.report import chapters, holdout
from pipeline.report.chapter import Chapter
from pipeline.report.facts_schema import ReportFacts
from pipeline.report.graph_svg import draw_graph
from pipeline.report.usage import SHELL
from pipeline.system import typed_json
from pipeline.tasks import TASKS

if TYPE_CHECKING:
    import onnx

FACTS = Path("config", "report.json")
GRAPH = Path("onnx", "graph.svg")
REPORT = Path("reports", "report.html")
CARD = Path("reports", "model_card.md")
TRY = Path("reports", "try.html")


TEMPLATES = Path(__file__).with_name("templates")


def build_report(folder: Path) -> None:
    """Write the report, the model card and their pictures from what a training has left.

    Raises:
        UsageError: the folder is not one that a training wrote.
        DataError: one of its files is damaged or missing.
    """
    facts = read_facts(folder)
    tables = chapters.read_tables(folder)
    _check(folder, facts, tables)
    pictures = [render_plot(d) for d in chapters.draw_chapters(facts, tables)]
    values = {
        **facts,
        "shell": SHELL,
        "plots": group_by_section(pictures),
        "graph_uri": "",
        **_links(),
    }
    values["says"] = chapters.describe_chapters(facts, tables)
    values["chapters"] = _place_chapters(values)
    values["comparison"] = TASKS[facts["task"]].comparison
    if facts["parity"] is not None:
        model, manifest = _read_model(folder)
        graph = draw_graph(model, manifest.inputs, manifest.outputs).encode()
        write_page(folder / GRAPH, graph)
        write_page(folder / TRY, render_model_page(folder / "onnx", manifest).encode())
        values["graph_uri"] = make_data_uri(graph, "image/svg+xml")
    for picture in pictures:
        write_page(folder / "plots" / f"{picture.name}.png", picture.light)
    for file in (REPORT, CARD):
        write_page(folder / file, _fill(folder, file.name, values).encode(errors="replace"))


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
        facts: dict[str, Any] = typed_json.parse_json(text)
        told = typed_json.read_dataclass(ReportFacts, text.decode())
        if (told.labels is not None) != (TASKS[told.task].predicts == "classes"):
            raise ValueError(f"labels: got {told.labels}, expected those of a {told.task}")
    except ValueError as err:
        raise _damaged_error(folder, err) from err
    return facts


def _damaged_error(folder: Path, err: Exception) -> DataError:
    return DataError(f"{folder / FACTS}: cannot be read ({err})", hint=chapters.AGAIN)


def _check(folder: Path, facts: Mapping[str, Any], tables: Tables) -> None:
    """Refuse a folder without what the page is drawn of.

    Raises:
        DataError: it lacks the holdout's rows, columns of them, or the graph that it speaks of.
    """
    needed = [Path(rendering_tables.FOLDER, holdout.FILE)]
    needed += [Path("onnx", "model.onnx")] if facts["parity"] is not None else []
    for file in needed:
        if not (folder / file).is_file():
            raise DataError(
                f"{folder / file}: got no such file, which {FACTS} speaks of", hint=chapters.AGAIN
            )
    chapters.check_holdout(folder, facts, tables)


def _fill(folder: Path, template: str, values: Mapping[str, Any]) -> str:
    """A template with values that all come from config/report.json, or a refusal of that file."""
    import jinja2

    try:
        return render_template(template, values, TEMPLATES)
    except (jinja2.UndefinedError, TypeError, ValueError) as err:
        raise _damaged_error(folder, err) from err


def _place_chapters(values: Mapping[str, Any]) -> dict[str, list[Chapter]]:
    """The chapters that have anything to show, by the section of the page that they end."""
    found: dict[str, list[Chapter]] = defaultdict(list)  # a section may have none
    for chapter in chapters.list_chapters(TASKS[values["task"]]):
        if values["plots"][chapter.section] or values["says"].get(chapter.section):
            found[chapter.under].append(chapter)
    return found


def _links() -> dict[str, str]:
    """The page's only script, and its hash, by which the page allows that script and no other.

    Inside MLflow the page lies in a frame where a link to a section leads nowhere by itself.
    """
    script = (TEMPLATES / "links.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"links": script, "links_hash": f"sha256-{digest}"}


def _read_model(folder: Path) -> tuple[onnx.ModelProto, Manifest]:
    import onnx

    model = onnx.load(folder / "onnx" / "model.onnx")
    texts = {entry.key: entry.value for entry in model.metadata_props}
    return model, Manifest.from_json(texts[METADATA_KEY])
