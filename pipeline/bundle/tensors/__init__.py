"""Bundles of graphs that take tensors: models adopted with arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from pipeline.bundle import arm64, node, python
from pipeline.bundle.model_files import TensorSource, read_folder
from pipeline.bundle.target import Target
from pipeline.manifest.tensors import Tensor

_FILES = Path(__file__).parent / "files"
Files = dict[str, str | bytes]


def make_python_files(source: TensorSource) -> Files:
    """Text of each file by its name."""
    pinned = (f"{name}=={version(name)}\n" for name in python.REQUIREMENTS)
    return {
        **read_folder(_FILES / "python"),
        "requirements.txt": "".join(pinned),
        "README.md": _readme(source, "Python", python.TARGET, _show_python(source)),
    }


def make_arm64_files(source: TensorSource) -> Files:
    """Text of each file by its name."""
    return {
        **make_python_files(source),
        **read_folder(arm64.FILES),
        "requirements.txt": arm64.pin_wheels(),
        "README.md": _readme(source, "ARM64", arm64.TARGET, _show_python(source)),
    }


def make_node_files(source: TensorSource) -> Files:
    """Text of each file by its name."""
    kept = {name: (node.FILES / name).read_text(encoding="utf-8") for name in _OF_NODE}
    return {
        **kept,
        **read_folder(_FILES / "node"),
        "README.md": _readme(source, "Node.js", node.TARGET, _show_node(source)),
    }


_OF_NODE = (".npmrc", "package.json")
RENDERERS: Mapping[str, Callable[[TensorSource], Files]] = {
    "python": make_python_files,
    "node": make_node_files,
    "arm64": make_arm64_files,
}
"""By target, what makes its files for such a graph."""


def _readme(source: TensorSource, place: str, target: Target, example: str) -> str:
    manifest = source.manifest
    return _README.format(
        name=manifest.name,
        framework=f"{manifest.framework} {manifest.framework_version}",
        place=place,
        size=f"{len(source.model) / 1000:,.1f}",
        lines=target.lines,
        takes="\n".join(map(_describe, manifest.inputs)),
        gives="\n".join(map(_describe, manifest.outputs)),
        rows=len(next(iter(json.loads(source.golden)["inputs"].values()))["values"]),
        example=example,
    )


def _describe(tensor: Tensor) -> str:
    return f"| `{tensor.name}` | {tensor.dtype} | {' × '.join(map(str, tensor.shape))} |"


def _show_python(source: TensorSource) -> str:
    feeds = ", ".join(f'"{each.name}": {each.name}' for each in source.manifest.inputs)
    ask = "classify" if source.manifest.labels else "predict"
    return f"""```python
import json

from scorer import Scorer, read_array

golden = json.load(open("golden.json", encoding="utf-8"))["inputs"]
scorer = Scorer()
print(scorer.{ask}({{name: read_array(entry) for name, entry in golden.items()}}))
```

`scorer.predict({{{feeds}}})` takes numpy arrays and gives those of the outputs by name."""


def _show_node(source: TensorSource) -> str:
    ask = "classify" if source.manifest.labels else "predict"
    return f"""```js
import {{ readFileSync }} from "node:fs";
import {{ Scorer, readTensor }} from "./scorer.mjs";

const golden = JSON.parse(readFileSync("golden.json", "utf8")).inputs;
const scorer = await Scorer.open();
const feeds = Object.entries(golden).map(([name, entry]) => [name, readTensor(entry)]);
console.log(await scorer.{ask}(Object.fromEntries(feeds)));
```

`scorer.predict({{ name: {{ data, dims }} }})` takes a typed array with its dims for every input,
and gives such for every output."""


_README = """\
# {name}: a model of {framework}, for {place}

The model is one ONNX graph of {size} kB. Its preparation of inputs, if it has any, is part of it.

| takes | dtype | shape |
|---|---|---|
{takes}

| gives | dtype | shape |
|---|---|---|
{gives}

```sh
{lines}
```

`verify` replays `golden.json`: {rows} rows with the answers of the model itself, in one batch and
each alone, within the bound that stands there. It prints what it found and ends with 5 where
anything differs.

{example}

Another dtype or shape than `manifest.json` says is refused. Files are held against `SHA256SUMS`
before the graph is loaded.
"""
