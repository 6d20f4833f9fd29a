"""A bundle for R: data frames in, over libonnxruntime and a small library in C."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import (
    BundleSource,
    describe_for_readme,
    pick_example_row,
    read_folder,
)
from pipeline.bundle.native import read_shim_files
from pipeline.bundle.target import Target, Tool

if TYPE_CHECKING:
    from pipeline.manifest.columns import Input

_FILES = Path(__file__).parent / "files"


def render_r_files(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: a date column's format has no grammar that R could read it by.
    """
    return {
        **render_flat_files(source),
        **read_shim_files(),
        **read_folder(_FILES),
        "README.md": _readme(source),
    }


def _readme(source: BundleSource) -> str:
    manifest, row = source.manifest, pick_example_row(source)
    cells = (f"  {_name(each)} = {_literal(row[each.name], each)}" for each in manifest.inputs)
    return _README.format(
        **describe_for_readme(source),
        lines=TARGET.lines,
        row=",\n".join(cells),
    )


def _name(column: Input) -> str:
    escaped = column.name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _literal(value: object, column: Input) -> str:
    if value is None:
        return "NA_character_" if column.kind in {"text", "date"} else "NA"
    return str(value).upper() if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


TARGET = Target(
    name="r",
    tools=(
        Tool("Rscript", "apt-get install r-base-core"),
        Tool("cc", "apt-get install gcc libc6-dev"),
        Tool("make", "apt-get install make"),
        Tool("python3", "apt-get install python3-pip"),
    ),
    setup=(
        "sh install.sh",
        "R CMD SHLIB -o rscore.so rscore.c score.c sha256.c",
    ),
    verify="Rscript verify.R",
    render=render_r_files,
)
_README = """\
# {name}: {model} for {target}, for R

The model is one ONNX graph of {size} kB: raw columns in, predictions out. It runs on onnxruntime's
library, which `install.sh` fetches out of its package for Python (python3 with pip is needed for
that alone; with another library set `ORT_LIB` to its path). R 4.0 or newer on Linux, with a C
compiler.

```sh
{lines}
```

`verify.R` holds this R against what the training proved: every cell of `feed_cases.tsv`, and {rows}
rows of `golden.tsv` in one batch and each alone. It prints what it found and ends with 5 where
anything differs.

```r
source("scorer.R")

scorer <- open_scorer()
rows <- data.frame(check.names = FALSE,
{row}
)
print(predict(scorer, rows))
```

A data frame has one row per row: numbers, text, logicals, factors (their levels are the text), `NA`
where a cell is missing; dates as ISO text, `Date` or `POSIXct` (brought to UTC). An error of class
`cell_error` names row and column of a cell that does not fit. Files are held against `SHA256SUMS`
before the model is loaded.
"""
