"""After stage 4: what a person sees of a run, written into its artifact folder."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.report.plots import Plot
    from pipeline.tracking.evidence import Training


def write(folder: Path, evidence: Training) -> None:
    """Write reports/report.html, reports/model_card.md, plots/*.png and, of a graph, its picture.

    A failed verdict is written as plainly as a good one; nothing here decides.

    Args:
        folder: the artifact folder; its subfolders are made where they are missing.
        evidence: a finished training.
    """
    from pipeline.report.card import context, environment
    from pipeline.report.plots import plots

    pictures = plots(evidence.trained, evidence.dataset.spec.target)
    values = context(evidence) | {"plots": [_shown(plot) for plot in pictures]}
    if graph := values["graph_svg"].encode():
        values["graph_uri"] = _uri(graph, "image/svg+xml")
        _save(folder / "onnx" / "graph.svg", graph)
    for plot in pictures:
        _save(folder / "plots" / f"{plot.name}.png", plot.light)
    for name in ("report.html", "model_card.md"):
        text = environment().get_template(name).render(values)
        _save(folder / "reports" / name, text.encode(errors="replace"))


def _shown(plot: Plot) -> dict[str, str]:
    light, dark = (_uri(content, "image/png") for content in (plot.light, plot.dark))
    return {"name": plot.name, "caption": plot.caption, "light": light, "dark": dark}


def _uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _save(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
