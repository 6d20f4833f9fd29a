"""Fits descriptions to MLflow: links to its pages, and its length limits."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from pipeline.automl.experiment import Candidate, SearchResult
from pipeline.track import store

RUN_LIMIT = 8000
"""MLflow's longest tag value; the description of a run or a logged model is a tag."""

VERSION_LIMIT = 5000
"""The longest description of the registry; SQLite takes more, PostgreSQL refuses it."""

_BREAK = "  \n"  # a new line in Markdown, but no new paragraph
_AS_IT_IS = ("#", "- ", "    ")
_SPACE = "\N{NO-BREAK SPACE}"
_SHOWN = {
    "report": Path("reports", "report.html"),
    "model card": Path("reports", "model_card.md"),
    "leaderboard": Path("tables", "leaderboard.json"),
}
_OF_MODEL = {"try it": Path("reports", "try.html"), "parity": Path("tables", "parity.json")}


def find_winner(trained: SearchResult) -> Candidate | None:
    """The candidate whose model this is: the comparison's first, or what was made of it."""
    return next((c for c in trained.candidates if c.id == trained.model_id), None)


def format_links(experiment_id: str, run_id: str, model_id: str | None) -> str:
    """One line of Markdown that leads to a run's artifacts and to its model, if it has one."""
    run = ("experiments", experiment_id, "runs", run_id, "artifacts")
    files = _SHOWN if model_id is None else _SHOWN | _OF_MODEL
    pages = {name: (*run, *file.parts) for name, file in files.items()}
    if model_id is not None:
        pages["model"] = ("experiments", experiment_id, "models", model_id)
    return " · ".join(f"[{name}]({store.ui_page(*parts)})" for name, parts in pages.items())


def fit_description(text: str, line: str, limit: int) -> str:
    """A Markdown text with `line` as its second line, less the blocks for which is no room.

    MLflow's pages fold what is long, and links below the second line do not answer until unfolded.
    """
    blocks = [_format_block(block) for block in re.split(r"\n{2,}", text.strip())]
    first, *others = blocks[0].split(_BREAK)
    blocks[0] = _BREAK.join((first, line, *others))
    whole = "\n\n".join(blocks)
    return whole if len(whole) <= limit else _shorten(blocks, limit)


def _shorten(blocks: list[str], limit: int) -> str:
    """The blocks that fit, in their order; a title stays only with something below it."""
    more = "Shortened: the files behind the links above hold the rest."
    kept, room = [], limit - len(more)
    for block in blocks:
        if len(block) + 2 <= room:
            kept.append(block)
            room -= len(block) + 2
    kept.append(more)
    titled = [
        block
        for block, after in pairwise(kept)
        if not (_is_title(block) and (_is_title(after) or after is more))
    ]
    return "\n\n".join([*titled, more])


def _format_block(block: str) -> str:
    """A block as MLflow's pages need it.

    They leave no room between a table's columns nor below it, and keep every end of a line.
    """
    if block.startswith(_AS_IT_IS) or _BREAK in block:
        return block
    if not block.startswith("|"):
        return " ".join(block.splitlines())
    rows = (row if set(row) <= set("|- ") else _roomy(row) for row in block.splitlines())
    return "\n".join((*rows, "", _SPACE))


def _roomy(row: str) -> str:
    together = re.sub(r"(?<=\d) ± (?=\d)", f"{_SPACE}±{_SPACE}", row)
    return together.replace(" | ", f"{_SPACE} | ")


def _is_title(block: str) -> bool:
    """Whether the block only announces the next one."""
    return block.startswith("#") or block.endswith(":")
