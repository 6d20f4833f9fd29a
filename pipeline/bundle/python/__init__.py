"""A bundle for Python without this project: onnxruntime and numpy alone."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.target import Target, Tool
from pipeline.export.mlflow_flavor import SOURCES

_FILES = Path(__file__).parent / "files"
_PACKAGE = Path(__file__).parents[2]
REQUIREMENTS = ("numpy", "onnxruntime")


def render_python_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name."""
    needed = [name for name in SOURCES if not name.startswith("serving/")]
    package = {f"pipeline/{name}.py": _PACKAGE / f"{name}.py" for name in (*needed, "scorer")}
    pinned = (f"{name}=={version(name)}\n" for name in REQUIREMENTS)
    return {
        **{name: file.read_text(encoding="utf-8") for name, file in package.items()},
        **read_folder(_FILES),
        "requirements.txt": "".join(pinned),
        "README.md": _readme(source),
    }


def _readme(source: BundleSource) -> str:
    row = (f"    {json.dumps(k)}: {v!r}," for k, v in pick_example_row(source).items())
    return _README.format(
        **describe_for_readme(source),
        lines=TARGET.lines,
        row="\n".join(row),
    )


TARGET = Target(
    name="python",
    tools=(Tool("python3", "apt-get install python3-venv"),),
    setup=("python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt",),
    verify=".venv/bin/python verify.py",
    render=render_python_files,
)
_README = """\
# {name}: {model} for {target}, for Python

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It needs onnxruntime and
numpy, pinned in `requirements.txt`, and Python 3.11 or 3.12, which that numpy is built for.

```sh
{lines}
```

`verify.py` holds this installation against what the training proved: every cell of
`feed_cases.json`, and {rows} rows of `golden.json` in one batch and each alone. It prints what it
found and ends with 5 where anything differs.

```python
from open_scorer import open_scorer

scorer = open_scorer()
print(scorer.predict_one({{
{row}
}}))
```

`scorer.predict` takes many rows: a mapping of columns, records, or a frame of pandas, polars or
pyarrow. A `CellError` names row and column of a cell that does not fit. Files are held against
`SHA256SUMS` before the model is loaded.
"""
