"""Bundles a model for another runtime: `python -m pipeline.bundle --model M --for node`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.bundle.model_files import TensorSource, read_source, read_tensor_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import TARGETS, write_bundle, write_every_bundle
from pipeline.cli import app as cli
from pipeline.errors import UsageError
from pipeline.score.run import locate_model

app = cli.create_application()
ALL = "all"
Target = StrEnum("Target", {name: name for name in (*TARGETS, ALL)})  # type: ignore[misc]


@app.command()
def main(  # noqa: PLR0913, PLR0917  each is an option
    model: Annotated[
        str, typer.Option(help="Path of model.onnx, or models:/NAME@ALIAS in MLflow.")
    ],
    target: Annotated[
        Target,
        typer.Option(
            "--for", help="The runtime that will score; all: each, in a folder of its name."
        ),
    ],
    output: Annotated[Path, typer.Option(help="Folder to write; new or empty.")],
    with_personal_data: Annotated[
        bool,
        typer.Option(
            "--with-personal-data",
            help="Hand out texts of columns that have more than a hundred different ones, too.",
        ),
    ] = False,
    warnings: Annotated[
        bool,
        typer.Option(
            "--warnings",
            help="Add outputs that flag rows unlike those of training, and prove them.",
        ),
    ] = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Write a folder that scores with a proven model on another runtime, and can prove it there."""
    with cli.session(log_format):
        with locate_model(model) as file:
            source = read_tensor_source(file) or read_source(file)
        if isinstance(source, TensorSource):
            if warnings:
                raise UsageError("--warnings: the graph takes tensors, expected a table's columns")
            title = f"{source.manifest.name} ({source.manifest.framework})"
        else:
            source = add_warnings(source) if warnings else source
            title = f"{source.manifest.name} ({source.manifest.model_name})"
        if target.value == ALL:
            refusals = write_every_bundle(source, output, with_personal_data=with_personal_data)
            _summarise(title, refusals, output)
            return
        write_bundle(source, target.value, output, with_personal_data=with_personal_data)
        cli.say(f"{title} for {target.value}")
        cli.say(str(output))


def _summarise(title: str, refusals: Mapping[str, str], output: Path) -> None:
    written = sum(not why for why in refusals.values())
    cli.say(f"{title} for {written} of {len(refusals)} runtimes")
    for name, why in refusals.items():
        cli.say(f"{name} cannot have it: {why}" if why else str(output / name))


if __name__ == "__main__":
    app()
