"""Writes the comparison as one HTML file and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import Section
from pipeline.errors import ConfigError
from pipeline.rendering.html import group_by_section, render_template, write_page
from pipeline.rendering.png import render_plot

HTML, JSON = "compare.html", "compare.json"
TEMPLATES = Path(__file__).with_name("templates")


def compose_title(a: ComparedRun, b: ComparedRun) -> str:
    """What is compared, in a line."""
    models = [run.facts["model"]["name"] for run in (a, b)]
    return f"{models[0]} against {models[1]}, which predict {a.facts['target']}"


def render_comparison(a: ComparedRun, b: ComparedRun, sections: Sequence[Section]) -> str:
    """The page, which needs nothing but itself."""
    pictures = [render_plot(drawing) for section in sections for drawing in section.drawings]
    values = {
        "title": compose_title(a, b),
        "runs": [_heading(run) for run in (a, b)],
        "sections": sections,
        "plots": group_by_section(pictures),
    }
    return render_template(HTML, values, TEMPLATES)


def _heading(run: ComparedRun) -> Mapping[str, str]:
    return {"letter": run.letter, "name": run.facts["name"], "id": run.id, "given": run.address}


def render_comparison_json(a: ComparedRun, b: ComparedRun, sections: Sequence[Section]) -> str:
    """The same for other programs; numbers that JSON cannot write are null."""
    runs = {run.letter.lower(): {"run": run.id, "given": run.address} for run in (a, b)}
    found: dict[str, Any] = {"runs": runs, "task": a.facts["task"], "target": a.facts["target"]}
    for section in sections:
        found[section.name] = {"said": section.said, **section.values}
    return json.dumps(_finite(found), indent=2, ensure_ascii=False, allow_nan=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def write_comparison(
    folder: Path, a: ComparedRun, b: ComparedRun, sections: Sequence[Section]
) -> Path:
    """Both files into a folder, which may be new; the path of the page.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    page = folder / HTML
    try:
        write_page(page, render_comparison(a, b, sections).encode(errors="replace"))
        write_page(folder / JSON, render_comparison_json(a, b, sections).encode(errors="replace"))
    except OSError as err:
        raise ConfigError(
            f"output: cannot write to {str(folder)!r} ({err.strerror})",
            hint="Give another --output, or the rights to write there",
        ) from err
    return page
