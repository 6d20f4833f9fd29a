"""Adopts a model that was trained elsewhere: `python -m pipeline.adopt SOURCE --sample FILE`."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import app as cli

if TYPE_CHECKING:
    from pipeline.adopt.publication import Publication
    from pipeline.registry.register import Claim, Version
    from pipeline.track.mlflow_run import Run

app = cli.create_application()
KEPT = Path("mlruns", "kept")


@app.command()
def main(  # noqa: PLR0913, PLR0917  each is an option
    source: Annotated[
        str, typer.Argument(help="module:object, model.onnx, or a model's file or folder.")
    ],
    sample: Annotated[
        Path, typer.Option(help=".npz with an array per input, .npy, .csv or .parquet.")
    ],
    name: Annotated[str, typer.Option(help="Name of the model, in the registry too.")],
    config: Annotated[
        Path | None, typer.Option(help="adopt.toml: names, axes, bounds.", show_default=False)
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Load files that run the code of who wrote them.")
    ] = False,
    register: Annotated[bool, typer.Option(help="Register the version once it is proven.")] = True,
    promote: Annotated[
        str | None,
        typer.Option(
            help="Why the new version is the champion.", metavar="REASON", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder that keeps the files; new or empty.")
    ] = None,
    optimize: Annotated[
        list[str] | None,
        typer.Option(help="fold, fp16, int8: a copy, kept if it is proven.", show_default=False),
    ] = None,
    latency: Annotated[
        bool, typer.Option("--latency", help="Time the graph against its framework.")
    ] = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Make one ONNX graph of a model, prove it against its framework, log and register it."""
    with cli.session(log_format) as progress:
        progress.stage("source", source)
        from pipeline.adopt.publication import write_publication
        from pipeline.adopt.publish import log_adoption, register_adoption
        from pipeline.adopt.run import adopt_source
        from pipeline.adopt.sample import read_sample
        from pipeline.adopt.settings import read_adopt_config
        from pipeline.adopt.source import load_source
        from pipeline.errors import UsageError
        from pipeline.track.mlflow_run import open_run

        more = {"optimize": tuple(optimize)} if optimize else {}
        settings = read_adopt_config(config, name, **more, **({"latency": True} if latency else {}))
        if (
            output is not None
            and output.exists()
            and not (output.is_dir() and not any(output.iterdir()))
        ):
            raise UsageError(
                f"--output: got {str(output)!r}, which holds something, expected a new or empty "
                "folder",
                hint="Give another --output",
            )
        rows = read_sample(sample)
        model = load_source(source, trust=trust)
        run_name = f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        folder = (output or KEPT / run_name).resolve()
        with open_run(name, run_name, {"source": source}) as run:
            adopted = adopt_source(model, rows, settings, progress, run.run_id)
            write_publication(folder, adopted)
            progress.stage("track", "graph, report and figures to MLflow")
            logged = log_adoption(run, adopted, folder)
            version = None
            if register and adopted.passed:
                progress.stage("register", name)
                version = register_adoption(logged, adopted, folder, _claim(promote))
        if output is None:
            shutil.rmtree(folder, ignore_errors=True)
        _say(adopted, logged, version)
        adopted.refuse()


def _claim(promote: str | None) -> Claim:
    """A reason of a person counts whatever the champion; without one only the first is it."""
    from pipeline.registry.register import FIRST, Claim

    by = "pipeline.adopt"
    return replace(FIRST, by=by) if promote is None else Claim(promote, anyway=True, by=by)


def _say(adopted: Publication, run: Run, version: Version | None) -> None:
    from pipeline.track import store

    for note in adopted.notes:
        cli.say_fact("Note", note)
    cli.say_fact("Verdict", adopted.text)
    if version is not None:
        cli.say_fact("Model", f"{version.uri} ({', '.join(version.aliases)})")
    if command := store.ui_command():
        cli.say(f"Look at it: start `{command}` and open")
    cli.say(run.url)


if __name__ == "__main__":
    app()
