"""Replays a proof on the runtimes of this machine: `python -m pipeline.conformance --model M`."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.cli import app as cli
from pipeline.conformance.check import RuntimeOutcome, RuntimeVerdict, check_target
from pipeline.conformance.publish import publish_conformance
from pipeline.conformance.runtimes import list_runtimes
from pipeline.conformance.table import (
    COLUMNS,
    compose_record,
    format_row,
    render_markdown,
    summarise,
)
from pipeline.errors import ConfigError, ParityError, TrackingError
from pipeline.score.run import locate_model

logger = logging.getLogger("pipeline.conformance")
app = cli.create_application()


@app.command()
def main(  # noqa: PLR0913, PLR0917 - the flags
    model: Annotated[
        str, typer.Option(help="Path of model.onnx, or models:/NAME@ALIAS in MLflow.")
    ],
    only: Annotated[
        str, typer.Option(help="Runtimes, separated by commas; all that are here if left out.")
    ] = "",
    onnxruntime: Annotated[
        str, typer.Option(help="Releases of onnxruntime to try besides, separated by commas.")
    ] = "",
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Say how fast each is, too.")
    ] = True,
    limit: Annotated[
        float, typer.Option(min=1, help="Seconds for each line that installs or verifies.")
    ] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Folder for conformance.json and conformance.md.")
    ] = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Bundle a proven model for every runtime of this machine, and replay its proof there.

    Ends with 5 where a runtime differs, with 3 where one fails or none is here.
    """
    with cli.session(log_format) as progress:
        with locate_model(model) as file:
            source = read_source(file)
        runtimes = list_runtimes(source.manifest, _split(only), _split(onnxruntime))
        outcomes = []
        for number, target in enumerate(runtimes.values(), 1):
            progress.stage(target.name, f"{number} of {len(runtimes)}")
            outcomes.append(check_target(target, source, limit=limit, measured=measure))
            if (last := outcomes[-1]).words:
                logger.warning("%s: %s\n%s", last.runtime, last.text, "\n".join(last.words))
        record = compose_record(source, outcomes)
        _say(record, as_json=as_json)
        _keep(record, model, source, outcomes, output)
        _conclude(outcomes)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _say(record: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        cli.say(json.dumps(record, ensure_ascii=False))
        return
    title = f"{record['name']} ({record['model']}) on this machine's runtimes"
    cli.say_table(title, COLUMNS, [format_row(found) for found in record["runtimes"]])


def _keep(
    record: dict[str, Any],
    model: str,
    source: BundleSource,
    outcomes: Sequence[RuntimeOutcome],
    output: Path | None,
) -> None:
    """Write the table where it was asked for, and log it where the model comes from MLflow."""
    if output is not None:
        _write(record, output)
    run_id = source.manifest.run_id
    if not model.startswith(("models:/", "runs:/")) or run_id is None:
        return
    with tempfile.TemporaryDirectory() as place:
        _write(record, Path(place))
        try:
            publish_conformance(model, run_id, Path(place), summarise(outcomes))
        except TrackingError as err:
            if all(each.verdict is not RuntimeVerdict.differs for each in outcomes):
                raise
            logger.warning("%s", err)  # that a runtime differs is the worse news


def _write(record: dict[str, Any], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, ensure_ascii=False, indent=1)
        (folder / "conformance.json").write_text(f"{text}\n", encoding="utf-8")
        (folder / "conformance.md").write_text(render_markdown(record), encoding="utf-8")
    except OSError as err:
        raise ConfigError(f"cannot write {folder}: {err.strerror or err}") from err


def _conclude(outcomes: Sequence[RuntimeOutcome]) -> None:
    """Raise what the worst of the verdicts means.

    Raises:
        ParityError: a runtime differs.
        ConfigError: one has failed, or none could be tried.
    """
    by = {
        verdict: [each.runtime for each in outcomes if each.verdict is verdict]
        for verdict in RuntimeVerdict
    }
    if differing := by[RuntimeVerdict.differs]:
        raise ParityError(
            f"not as proven on {', '.join(differing)}",
            hint="Do not score with the model there; the table says what differs",
        )
    if failing := by[RuntimeVerdict.failed]:
        raise ConfigError(
            f"could not verify {', '.join(failing)}",
            hint="The last lines of what failed stand above",
        )
    if not by[RuntimeVerdict.passed] + by[RuntimeVerdict.cannot]:
        raise ConfigError(
            "no runtime to verify on is here", hint="Install one as the table says, and try again"
        )


if __name__ == "__main__":
    app()
