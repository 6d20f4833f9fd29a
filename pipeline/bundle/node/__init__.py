"""A bundle for Node.js: onnxruntime-node, and cells by the feed contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    pick_example_row,
    read_folder,
    refuse_worded_dates,
)
from pipeline.bundle.target import Target, Tool
from pipeline.runtime.javascript import JAVASCRIPT

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Kind

FILES = Path(__file__).parent / "files"
_TYPES: Mapping[Kind, str] = {
    "number": "number | string | boolean | null",
    "text": "string | number | boolean | null",
    "boolean": "boolean | 0 | 1 | string",
    "date": "string | Date | null",
}


def render_node_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that JavaScript could read it by.
    """
    shared = render_shared(source, "string")
    shared["scorer.d.mts"] += _READERS
    return {**shared, **read_folder(FILES), "README.md": _readme(source)}


def render_shared(source: BundleSource, place: str) -> dict[str, str]:
    """What every bundle in JavaScript has: feeds, answers, the replay, and the scorer's types.

    Args:
        place: the type of what a scorer is opened by.

    Raises:
        DataError: a date column's format has no grammar that JavaScript could read it by.
    """
    refuse_worded_dates(source.manifest)
    shared = {file.name: file.read_text(encoding="utf-8") for file in JAVASCRIPT.glob("*.mjs")}
    return {**shared, "scorer.d.mts": _declare_types(source.manifest, place)}


def _declare_types(manifest: Manifest, place: str) -> str:
    """Typed rows and answers."""
    label = "number" if manifest.labels is None else " | ".join(map(json.dumps, manifest.labels))
    fields = [f"  {json.dumps(each.name)}: {_TYPES[each.kind]};" for each in manifest.inputs]
    scores = "" if len(manifest.outputs) == 1 else _SCORES.format(label=label)
    unanswered = " | null" if manifest.required else ""
    scores += _WARNINGS if manifest.warnings else ""
    return _DECLARATIONS.format(
        fields="\n".join(fields), label=label + unanswered, scores=scores, place=place
    )


_SCORES = (
    "\n  /** Of the label. */\n  score: number | null;\n  scores: Record<string, number> | null;"
)
_WARNINGS = (
    "\n  /** Columns that training saw nothing like. */"
    '\n  warnings: Partial<Record<"missing" | "unseen" | "range", string[]>>;'
)
_DECLARATIONS = """\
/** One row: the raw columns of the training table. */
export interface Row {{
{fields}
}}

export interface Answer {{
  label: {label};{scores}
}}

export class CellError extends Error {{
  readonly row: number;
  readonly column: string;
  readonly value: unknown;
}}

export class Scorer {{
  /** Opens the bundle; refuses files that are not as they were written. */
  static open(folder?: {place}): Promise<Scorer>;
  predict(rows: readonly Row[]): Promise<Answer[]>;
}}
"""
_READERS = """
export interface Scorer {
  /** Rows of a CSV file, in UTF-8 with names in its first line. */
  readCsv(file: string | URL, options?: TableOptions): Row[];
  /** Rows of a data frame of nodejs-polars, arquero or danfojs. */
  readFrame(frame: object, options?: TableOptions & { typed?: boolean }): Row[];
}

export interface TableOptions {
  /** Names of the table's columns and the model's for them. */
  columns?: Record<string, keyof Row>;
  /** Pass over columns that the model does not take. */
  ignoreSurplus?: boolean;
}
"""


def _readme(source: BundleSource) -> str:
    return _README.format(
        **describe_for_readme(source),
        lines=TARGET.lines,
        row=write_example_row(source),
    )


def write_example_row(source: BundleSource) -> str:
    """The lines of an object literal."""
    row = pick_example_row(source)
    return "\n".join(f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in row.items())


TARGET = Target(
    name="node",
    tools=(Tool("node", "apt-get install nodejs"), Tool("npm", "apt-get install npm")),
    setup=("npm install",),
    verify="node verify.mjs",
    render=render_node_files,
)
_README = """\
# {name}: {model} for {target}, for Node.js

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It runs on
[onnxruntime-node](https://www.npmjs.com/package/onnxruntime-node), pinned in `package.json`; the
`.npmrc` keeps npm from fetching files for graphics cards. Node.js 20.11 or newer.

```sh
{lines}
```

`verify` holds this runtime against what the training proved: every cell of `feed_cases.json`, and
{rows} rows of `golden.json` in one batch and each alone. It prints what it found and ends with 5
where anything differs.

```js
import {{ Scorer }} from "./scorer.mjs";

const scorer = await Scorer.open();
const [answer] = await scorer.predict([{{
{row}
}}]);
console.log(answer);
```

Rows come out of files and data frames, too:

```javascript
const options = {{ columns: {{ "name in the file": "name in the model" }} }};
await scorer.predict(scorer.readCsv("rows.csv", options));
await scorer.predict(scorer.readFrame(frame)); // of nodejs-polars, arquero or danfojs
```

`readCsv` leaves every cell a text until the manifest says what it is, so that 007 and 1e5 stay as
they are. Libraries that read CSV guess types: `fromCSV` of arquero by the first 1,000 rows, and
later cells are forced into them. Where `readFrame` sees that, it refuses: read with
`autoType: false`, or say `{{ typed: true }}` where the types are the data's own. danfojs guesses
for each cell: read with `dynamicTyping: false`. Integers of nodejs-polars keep all digits, and its
dates their nanoseconds.

What a cell may hold is in `manifest.json`, under `feed`; a `CellError` names row and column of one
that does not fit. Files are held against `SHA256SUMS` before the model is loaded.
"""
