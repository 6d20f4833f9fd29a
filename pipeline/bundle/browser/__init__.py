"""A bundle for browsers: onnxruntime-web on WebAssembly, and cells by the feed contract."""

from __future__ import annotations

from pathlib import Path

from pipeline.bundle import node
from pipeline.bundle.model_files import BundleSource, describe_for_readme, read_folder
from pipeline.bundle.target import Target

_FILES = Path(__file__).parent / "files"


def render_browser_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: as for a bundle for Node.js.
    """
    shared = node.render_shared(source, "URL")
    return {**shared, **read_folder(_FILES), "README.md": _readme(source)}


def _readme(source: BundleSource) -> str:
    return _README.format(
        **describe_for_readme(source), lines=TARGET.lines, row=node.write_example_row(source)
    )


TARGET = Target(
    name="browser",
    tools=node.TARGET.tools,
    setup=("npm install && node gather.mjs",),
    verify="node verify.mjs",
    render=render_browser_files,
)
_README = """\
# {name}: {model} for {target}, for browsers

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It runs on the
WebAssembly of [onnxruntime-web](https://www.npmjs.com/package/onnxruntime-web), pinned in
`package.json`; `gather.mjs` copies the three files of it that score to `runtime/`, and holds them
against `runtime.sha256`. They are 14 MB, 3.7 MB on the way if the server compresses. Nothing is
loaded from elsewhere: once that is done, it works offline, and `node_modules` may go.

```sh
{lines}
```

`verify` holds that WebAssembly, in Node.js, against what the training proved: every cell of
`feed_cases.json`, and {rows} rows of `golden.json` in one batch and each alone. It prints what it
found and ends with 5 where anything differs. `node serve.mjs` serves the example, `index.html`, at
http://127.0.0.1:8080/; it replays the same proof in the browser.

```js
import {{ Scorer }} from "./scorer.mjs";

const scorer = await Scorer.open();
const [answer] = await scorer.predict([{{
{row}
}}]);
console.log(answer);
```

Serve the folder as it is, by https or at 127.0.0.1: elsewhere browsers offer no SHA-256, and the
files that score and prove are held against `SHA256SUMS` before the model is loaded.
A content security policy needs `script-src 'self' 'wasm-unsafe-eval'` and `connect-src 'self'`.
What a cell may hold is in `manifest.json`, under `feed`; a `CellError` names row and column of one
that does not fit.
"""
