"""The sections as one HTML file and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.compare.runs import Run
from pipeline.compare.section import Section
from pipeline.errors import ConfigError
from pipeline.rendering.html import by_section, rendered, save
from pipeline.rendering.png import plot

HTML, JSON = "compare.html", "compare.json"
TEMPLATES = Path(__file__).with_name("templates")


def title(a: Run, b: Run) -> str:
    """What is compared, in a line."""
    models = [run.facts["model"]["name"] for run in (a, b)]
    return f"{models[0]} against {models[1]}, which predict {a.facts['target']}"


def html(a: Run, b: Run, sections: Sequence[Section]) -> str:
    """The page, which needs nothing but itself."""
    pictures = [plot(drawing) for section in sections for drawing in section.drawings]
    values = {
        "title": title(a, b),
        "runs": [_heading(run) for run in (a, b)],
        "sections": sections,
        "plots": by_section(pictures),
    }
    return rendered(HTML, values, TEMPLATES)


def _heading(run: Run) -> Mapping[str, str]:
    return {"letter": run.letter, "name": run.facts["name"], "id": run.id, "given": run.address}


def as_json(a: Run, b: Run, sections: Sequence[Section]) -> str:
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


def write(folder: Path, a: Run, b: Run, sections: Sequence[Section]) -> Path:
    """Both files into a folder, which may be new; the path of the page.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    page = folder / HTML
    try:
        save(page, html(a, b, sections).encode(errors="replace"))
        save(folder / JSON, as_json(a, b, sections).encode(errors="replace"))
    except OSError as err:
        raise ConfigError(
            f"output: cannot write to {str(folder)!r} ({err.strerror})",
            hint="Give another --output, or the rights to write there",
        ) from err
    return page
