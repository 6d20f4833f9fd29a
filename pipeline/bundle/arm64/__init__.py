"""A bundle for a Raspberry Pi and other ARM64 with Linux; proven under emulation elsewhere."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

from pipeline.bundle import python
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.target import Target, Tool

FILES = Path(__file__).parent / "files"
_WHEELS = {
    "numpy": "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64",
    "onnxruntime": "cp311-cp311-manylinux_2_28_aarch64",
    "flatbuffers": "py2.py3-none-any",
    "packaging": "py3-none-any",
    "protobuf": "cp310-abi3-manylinux2014_aarch64",
}
"""By package, the wheel for Python 3.11."""


def render_arm64_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name."""
    return {
        **python.render_python_files(source),
        **read_folder(FILES),
        "requirements.txt": pin_wheels(),
        "README.md": _readme(source),
    }


def pin_wheels() -> str:
    """Requirements of ARM64, for pip; nothing is compiled there."""
    lines = (
        f"{name}=={version(name)}  # {name}-{version(name)}-{tags}.whl"
        for name, tags in _WHEELS.items()
    )
    return "\n".join(("--only-binary :all:", *lines)) + "\n"


def _readme(source: BundleSource) -> str:
    row = (f"    {json.dumps(k)}: {v!r}," for k, v in pick_example_row(source).items())
    return _README.format(**describe_for_readme(source), lines=TARGET.lines, row="\n".join(row))


def _list_tools(machine: str) -> tuple[Tool, ...]:
    """What install.sh calls there."""
    own = Tool("python3", "apt-get install python3-venv")
    if machine in ("aarch64", "arm64"):
        return (own,)
    return own, Tool("mmdebstrap", "apt-get install --no-install-recommends mmdebstrap")


TARGET = Target(
    name="arm64",
    tools=_list_tools(platform.machine()),
    setup=("sh install.sh",),
    verify="sh verify.sh",
    render=render_arm64_files,
)
_README = """\
# {name}: {model} for {target}, for ARM64

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It scores on a Raspberry
Pi 3, 4 or 5 with a 64-bit system, Graviton, or another ARM64 with Linux, glibc 2.28 and Python 3.11
or 3.12. `requirements.txt` pins five packages and names their wheels: nothing is compiled there.

```sh
{lines}
```

`verify.sh` holds this installation against what the training proved: every cell of
`feed_cases.json`, and {rows} rows of `golden.json` in one batch and each alone. It prints what it
found and ends with 5 where anything differs. On a machine of another kind, both lines do the same
in `.arm64`, with Debian's Python for ARM64 and the same wheels on an emulated Cortex-A72; no device
has been tried.

```python
from open_scorer import open_scorer

scorer = open_scorer()
print(scorer.predict_one({{
{row}
}}))
```

Run it with `.venv/bin/python`. `scorer.predict` takes many rows: a mapping of columns, records, or
a frame of pandas, polars or pyarrow. A `CellError` names row and column of a cell that does not
fit. Files are held against `SHA256SUMS` before the model is loaded.
"""
