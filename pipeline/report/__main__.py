"""Writes the report of a run again: `python -m pipeline.report RUN_ID` or `--output DIR`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import app as cli
from pipeline.errors import UsageError
from pipeline.runtime import integrity

app = cli.create_application()

PARTS = ("reports", "plots", "onnx/graph.svg")
"""What is made again."""


@app.command()
def main(
    run_id: Annotated[
        str | None, typer.Argument(help="A run in MLflow; its report is replaced there.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The artifact folder of a training, instead of a run.")
    ] = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Make report, model card and plots again from the tables that a training has kept."""
    from pipeline.report.page import REPORT, build_report

    with cli.session(log_format):
        if (run_id is None) == (output is None):
            raise UsageError(
                f"got {'neither' if run_id is None else 'both'}, expected a run or a folder",
                hint="python -m pipeline.report RUN_ID, or python -m pipeline.report --output DIR",
            )
        if output is not None:
            if (output / "onnx" / integrity.MODEL).is_file():
                integrity.verify_folder(output / "onnx")
            _check(output)
            build_report(output)
            cli.say(str(output / REPORT))
        elif run_id is not None:
            cli.say(_in_store(run_id))


def _check(folder: Path) -> None:
    """Refuse a folder whose graph is damaged, before anything is drawn of it.

    Raises:
        DataError: it is.
    """
    from pipeline.runtime.scorer import Scorer

    if (graph := folder / "onnx" / integrity.MODEL).is_file():
        Scorer(graph)


def _in_store(run_id: str) -> str:
    """Replace the parts of a run in MLflow; the address of the report."""
    from pipeline.registry.download import connect_existing, download_run
    from pipeline.report.page import REPORT, build_report
    from pipeline.track import store

    client = connect_existing()
    with tempfile.TemporaryDirectory() as name:
        folder = download_run(client, run_id, Path(name))
        _check(folder)
        build_report(folder)
        for part in PARTS:
            place = folder / part
            if place.is_dir():
                client.log_artifacts(run_id, str(place), part)
            elif place.is_file():
                client.log_artifact(run_id, str(place), str(Path(part).parent))
    experiment = client.get_run(run_id).info.experiment_id
    return store.ui_url("experiments", experiment, "runs", run_id, "artifacts", *REPORT.parts)


if __name__ == "__main__":
    app()
