"""Bundles a model for another runtime: `python -m pipeline.bundle --model M --for node`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.bundle.model_files import read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import TARGETS, write_bundle
from pipeline.cli import app as cli
from pipeline.score.run import locate_model

app = cli.create_application()
Target = StrEnum("Target", {name: name for name in TARGETS})  # type: ignore[misc]


@app.command()
def main(  # noqa: PLR0913, PLR0917  each is an option
    model: Annotated[
        str, typer.Option(help="Path of model.onnx, or models:/NAME@ALIAS in MLflow.")
    ],
    target: Annotated[Target, typer.Option("--for", help="The runtime that will score.")],
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
            source = read_source(file)
        if warnings:
            source = add_warnings(source)
        write_bundle(source, target.value, output, with_personal_data=with_personal_data)
        cli.say(f"{source.manifest.name} ({source.manifest.model_name}) for {target.value}")
        cli.say(str(output))


if __name__ == "__main__":
    app()
