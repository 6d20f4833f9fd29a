"""Writes the generated pages of docs/ from the code: `python docs/build.py [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.convert.estimators.dispatch import converters
from pipeline.convert.lowering import STEPS
from pipeline.convert.refusals import REFUSALS
from pipeline.convert.registry import Entry

FOLDER = Path(__file__).resolve().parent
NOTICE = "<!-- Written by `python docs/build.py`; do not edit. -->"


def support() -> str:
    """What converts, by whom, and what is refused."""
    refused = ((f"`{r.argument}`", r.values, r.instead) for r in REFUSALS)
    return "\n\n".join(
        (
            NOTICE,
            "# What converts to ONNX",
            "skl2onnx converts wherever it is exact in float64; the reason beside each of our own "
            "converters says why it is not used there.",
            "## Estimators",
            _table(("class", "converter", "why not skl2onnx"), _rows(converters())),
            "## Preprocessing steps",
            _table(("class", "converter", "why not skl2onnx"), _rows(STEPS)),
            "## Arguments of `setup` that are refused before training",
            _table(("argument", "refused values", "instead"), refused),
        )
    )


PAGES = {"support.md": support}


def _rows(entries: Mapping[str, Entry[Any]]) -> Iterable[tuple[str, str, str]]:
    for name, entry in sorted(entries.items()):
        yield f"`{name}`", entry.origin, entry.reason


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Write every page; with --check only say which are stale."""
    stale = []
    for name, page in PAGES.items():
        file, text = FOLDER / name, page() + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    found = "stale" if "--check" in sys.argv else "written"
    print(f"docs: {', '.join(stale) or 'nothing'} {found}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
