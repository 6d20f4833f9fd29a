"""Writes the report of a run into its artifact folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.track.training_result import TrainingResult


def write_report(folder: Path, evidence: TrainingResult) -> None:
    """Write reports/, plots/, onnx/graph.svg, and the files from which they can be made again.

    A failed verdict is written as plainly as a good one; nothing here decides.

    Args:
        folder: the artifact folder, which holds onnx/ already if there is a graph.
    """
    import json

    from pipeline.rendering import html
    from pipeline.report import chapters, page
    from pipeline.report.context import collect_facts

    chapters.write_chapter_tables(folder, evidence)
    text = json.dumps(collect_facts(evidence), indent=2, ensure_ascii=False, default=float)
    html.write_page(folder / page.FACTS, text.encode(errors="replace"))
    page.build_report(folder)
