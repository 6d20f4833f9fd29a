"""Compares two runs: `python -m pipeline.compare RUN_A RUN_B`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import app as cli

if TYPE_CHECKING:
    from pipeline.compare.section import Section

app = cli.create_application()

RUN = "A run's id, models:/NAME@ALIAS, or the artifact folder of a training"


@app.command()
def main(
    run_a: Annotated[str, typer.Argument(help=f"{RUN}: the older one.")],
    run_b: Annotated[str, typer.Argument(help=f"{RUN}: the newer one.")],
    output: Annotated[
        Path | None, typer.Option(help="Folder for the page; compare-A-B when omitted.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A table with rows for both; else B's holdout.")
    ] = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Say what has changed between two runs: metrics, data, settings, and predictions."""
    with cli.session(log_format), tempfile.TemporaryDirectory() as name:
        from pipeline.compare import compare_runs, page
        from pipeline.compare.runs import open_run_of_comparison

        a = open_run_of_comparison("A", run_a, Path(name, "a"))
        b = open_run_of_comparison("B", run_b, Path(name, "b"))
        found = compare_runs(a, b, data)
        place = page.write_comparison(output or Path(f"compare-{a.short}-{b.short}"), a, b, found)
        _say(page.compose_title(a, b), found)
        cli.say(str(place))


def _say(title: str, found: Sequence[Section]) -> None:
    """The page's sentences, and the table of metrics."""
    cli.say(title)
    for section in found:
        cli.say(f"\n{section.title}")
        for sentence in section.said:
            cli.say(f"- {sentence}")
    cli.say("")


if __name__ == "__main__":
    app()
