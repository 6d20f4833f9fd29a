"""Renders the model page: one HTML file that scores in the browser, from disk, offline."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.manifest import Manifest
from pipeline.model_page.content import (
    describe_graph,
    describe_model,
    find_feed_obstacle,
    withhold_columns,
)
from pipeline.model_page.graph_json import UnsupportedGraphError
from pipeline.rendering.html import render_template
from pipeline.runtime.javascript import JAVASCRIPT

FILES = Path(__file__).with_name("files")
TEMPLATES = Path(__file__).with_name("templates")
MODULES = ("feeds", "answers", "replay", "table", "unseen", "evaluate", "engine", "page")


def render_model_page(folder: Path, manifest: Manifest) -> str:
    """The page of a run: it scores with the page's own evaluator, or says why it cannot.

    Values of columns that may be personal are left out of form and proof.

    Args:
        folder: holds model.onnx, golden.json and feed_cases.json.
        manifest: the model's.
    """
    why = find_feed_obstacle(manifest)
    if not why:
        try:
            model, golden, cases = (
                (folder / name).read_bytes()
                for name in ("model.onnx", "golden.json", "feed_cases.json")
            )
            return render_own_page(model, manifest, golden, cases)
        except (UnsupportedGraphError, OSError) as err:
            why = str(err)
    return render_template("no_try.html", {"manifest": manifest, "why": why}, TEMPLATES)


def render_own_page(
    model: bytes,
    manifest: Manifest,
    golden: str | bytes,
    cases: str | bytes,
    hidden: Sequence[str] | None = None,
) -> str:
    """A page that scores with its own evaluator.

    Args:
        model: the ONNX file.
        manifest: the model's.
        golden: JSON text of the rows that it replays.
        cases: JSON text of the cells that it replays.
        hidden: columns whose values stay out of form and proof; by default those that may be
            personal.

    Raises:
        UnsupportedGraphError: the evaluator cannot run this graph.
    """
    names = manifest.personal_columns if hidden is None else hidden
    content = {
        **describe_graph(model, manifest),
        **describe_model(manifest, names),
        "golden": withhold_columns(model, json.loads(golden), names),
        "cases": json.loads(cases),
    }
    return fill_page(manifest, content)


def fill_page(manifest: Manifest, content: Mapping[str, Any]) -> str:
    """The page around its content."""
    script = join_modules(MODULES)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    values = {
        "title": f"Try {manifest.model_name} for {manifest.target} ({manifest.name})",
        "manifest": manifest,
        "script": script,
        "scripts": f"sha256-{digest}",
        "content": base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode(),
    }
    return render_template("try.html", values, TEMPLATES)


def join_modules(names: Sequence[str]) -> str:
    """Modules as one script: each a function of its own, but the last, which is the page's."""
    files = {file.stem: file for place in (JAVASCRIPT, FILES) for file in place.glob("*.mjs")}
    parts = ["const modules = {};"]
    for name in names:
        source = files[name].read_text(encoding="utf-8")
        parts.append(_wrap(name, source, is_last=name == names[-1]))
    return "\n".join(parts).replace("</", "<\\/")


def _wrap(name: str, source: str, *, is_last: bool) -> str:
    exports = re.findall(r"^export (?:async )?(?:class|function\*?|const) (\w+)", source, re.M)
    imported = re.sub(
        r'^import (\{.*\}) from "\./(\w+)\.mjs";$', r"const \1 = modules.\2;", source, flags=re.M
    )
    plain = re.sub(r"^export ", "", imported, flags=re.M)
    if is_last:
        return plain
    return f"modules.{name} = (() => {{\n{plain}\nreturn {{ {', '.join(exports)} }};\n}})();"
