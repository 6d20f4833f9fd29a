"""A bundle that is one HTML file: the model page, with what proves it in Node.js."""

from __future__ import annotations

from pathlib import Path

from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    read_folder,
    refuse_worded_dates,
)
from pipeline.bundle.target import Target, Tool
from pipeline.errors import DataError
from pipeline.model_page.graph_json import UnsupportedGraphError
from pipeline.model_page.render import render_own_page
from pipeline.runtime.javascript import JAVASCRIPT

_FILES = Path(__file__).parent / "files"
_MEASURE = "measure.mjs"


def render_page_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that JavaScript could read it by, or the
            page's evaluator cannot run the graph.
    """
    manifest = source.manifest
    refuse_worded_dates(manifest)
    try:
        page = render_own_page(source.model, manifest, source.golden, source.cases)
    except UnsupportedGraphError as err:
        raise DataError(
            f"no page of {manifest.name}: {err}",
            hint="Bundle it --for browser: onnxruntime-web runs every graph",
        ) from err
    return {
        _MEASURE: (JAVASCRIPT / _MEASURE).read_text(encoding="utf-8"),
        **read_folder(_FILES),
        "try.html": page,
        "README.md": _README.format(
            **describe_for_readme(source), lines=TARGET.lines, page=f"{len(page) / 1000:,.0f}"
        ),
    }


TARGET = Target(
    name="page",
    tools=(Tool("node", "apt-get install nodejs"),),
    setup=(),
    verify="node verify.mjs",
    render=render_page_files,
)
_README = """\
# {name}: {model} for {target}, as a page

`try.html` is one file of {page} kB that scores in any browser of today, opened from disk and
offline: a form with what training saw of each column, the prediction, warnings, what one value
changes, and files of rows. No package and no server is needed, and no request leaves it. It carries
the model of {size} kB, an evaluator of its own, and the proof, which it replays when it is opened:
the verdict stands at its foot. Values of columns that may be personal are left out of form and
proof; the model holds them.

```sh
{lines}
```

`verify` needs Node.js 20.11 or newer, and holds the evaluator inside the page against what the
training proved: every cell of `feed_cases.json`, and {rows} rows of `golden.json` in one batch and
each alone. It prints what it found and ends with 5 where anything differs, with 3 where a file is
not as `SHA256SUMS` has it. The page itself cannot tell whether it was changed: compare its sum
before you hand it on (`sha256sum -c SHA256SUMS`).
"""
